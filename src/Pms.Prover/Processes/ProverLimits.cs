namespace Pms.Prover.Processes;

/// <summary>What one child process may use.</summary>
/// <param name="Time">wall time, above 0; default 20 minutes</param>
/// <param name="MemoryBytes">resident memory, above 0; default 8 GB</param>
public sealed record ProverLimits(TimeSpan Time, long MemoryBytes)
{
    public static ProverLimits Default { get; } = new(TimeSpan.FromMinutes(20), 8L << 30);
}

/// <summary>What work cost.</summary>
/// <param name="CpuSeconds">user and system time of the children, as last seen</param>
/// <param name="WallSeconds">wall time</param>
/// <param name="PeakBytes">largest resident memory of any child</param>
public readonly record struct ProverCost(double CpuSeconds, double WallSeconds, long PeakBytes)
{
    public static ProverCost operator +(ProverCost a, ProverCost b) => new(a.CpuSeconds + b.CpuSeconds, a.WallSeconds + b.WallSeconds, Math.Max(a.PeakBytes, b.PeakBytes));
}
