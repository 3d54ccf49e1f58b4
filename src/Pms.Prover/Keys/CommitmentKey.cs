using System.Security.Cryptography;
using Pms.Proofs.Curves;
using Pms.Prover.Processes;

namespace Pms.Prover.Keys;

/// <summary>The points that proofs are made with (structured reference string): the operator's files from the Ignition ceremony, or a development key that this machine makes.</summary>
/// <param name="Folder">holds bn254_g1.dat and bn254_g2.dat, as Barretenberg reads them</param>
/// <param name="Fingerprint">SHA-256 of bn254_g2.dat, 16 hexadecimal digits</param>
/// <param name="IsDevelopment">anybody can forge proofs under it</param>
public sealed record CommitmentKey(string Folder, string Fingerprint, bool IsDevelopment)
{
    /// <summary>[tau]G2 of the Ignition ceremony: x.c0, x.c1, y.c0, y.c1. Barretenberg's verifiers hold the same words.</summary>
    public static ReadOnlySpan<byte> Ignition => IgnitionBytes;

    private static readonly byte[] IgnitionBytes = Convert.FromHexString(
        "0118c4d5b837bcc2bc89b5b398b5974e9f5944073b32078b7e231fec938883b0" + "260e01b251f6f1c7e7ff4e580791dee8ea51d87a358e038b4efe30fac09383c1" +
        "22febda3c0c0632a56475b4214e5615e11e6dd3f96e6cea2854a87d4dacc5e55" + "04fc6369f7110fe3d25156c1bb9a72859cf2a04641f99ba4ee413c80da6a5fe4");

    /// <summary>Points in the file.</summary>
    public long Points => new FileInfo(FirstGroup).Length / DevelopmentKey.PointBytes;

    private string FirstGroup => Path.Combine(Folder, "bn254_g1.dat");

    /// <summary>The operator's files.</summary>
    /// <exception cref="ProverException"><c>commitment-key</c>: a file is missing or short, or the key is neither Ignition's nor the development key</exception>
    public static CommitmentKey Open(string folder)
    {
        var (first, second) = (Path.Combine(folder, "bn254_g1.dat"), Path.Combine(folder, "bn254_g2.dat"));
        if (!File.Exists(first) || !File.Exists(second))
        {
            throw new ProverException("commitment-key", $"'{folder}' has no bn254_g1.dat and bn254_g2.dat: docs/proofs.md says where they come from");
        }

        var bytes = File.ReadAllBytes(second);
        var isDevelopment = bytes.AsSpan().SequenceEqual(DevelopmentKey.SecondGroup);
        if (!isDevelopment && !bytes.AsSpan().SequenceEqual(Ignition))
        {
            throw new ProverException("commitment-key", $"'{second}' ({bytes.Length} bytes) is neither the Ignition ceremony's nor the development key's: verifiers would refuse every proof");
        }

        return new CommitmentKey(folder, Convert.ToHexStringLower(SHA256.HashData(bytes))[..16], isDevelopment);
    }

    /// <summary>The development key with at least so many points, made where it is not there yet.</summary>
    /// <param name="tools">whose work folder keeps it</param>
    /// <param name="points">2^n + 1 for circuits of 2^n gates</param>
    /// <param name="cancel">gives up waiting for another process</param>
    public static async Task<CommitmentKey> DevelopmentAsync(ProverTools tools, int points, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(tools);
        var folder = Path.Combine(tools.Work, "key-development");
        using var turn = await WorkLock.TakeAsync(folder, cancel).ConfigureAwait(false);
        var first = Path.Combine(folder, "bn254_g1.dat");
        if (!File.Exists(first) || new FileInfo(first).Length < (long)points * DevelopmentKey.PointBytes)
        {
            await using (var stream = new FileStream(first + ".tmp", FileMode.Create, FileAccess.Write, FileShare.None, 1 << 20))
            {
                DevelopmentKey.WriteFirstGroup(stream, points);
            }

            File.Move(first + ".tmp", first, overwrite: true);
            File.WriteAllBytes(Path.Combine(folder, "bn254_g2.dat"), DevelopmentKey.SecondGroup.ToArray());
            File.WriteAllText(Path.Combine(folder, "DEVELOPMENT-KEY"), "Anybody can forge proofs under this key. It is for tests and local chains alone.\n");
        }

        return Open(folder);
    }

    /// <summary>That a circuit fits.</summary>
    /// <exception cref="ProverException"><c>commitment-key</c></exception>
    public void RequirePoints(long points)
    {
        if (Points < points)
        {
            throw new ProverException("commitment-key", $"'{FirstGroup}' has {Points} points: the circuit needs {points}");
        }
    }

    /// <summary>A program that verifies under this key: Barretenberg holds the ceremony's point, so development verifies with a copy that holds its own.</summary>
    internal async Task<string> VerifierProgramAsync(ProverTools tools, CancellationToken cancel)
    {
        if (!IsDevelopment)
        {
            return tools.Barretenberg;
        }

        var path = Path.Combine(Folder, "bb-development");
        using var turn = await WorkLock.TakeAsync(Folder, cancel).ConfigureAwait(false);
        if (!File.Exists(path) || File.GetLastWriteTimeUtc(path) < File.GetLastWriteTimeUtc(tools.Barretenberg))
        {
            var program = File.ReadAllBytes(tools.Barretenberg);
            var place = program.AsSpan().IndexOf(Ignition);
            if (place < 0)
            {
                throw new ProverException("prover-failed", $"'{tools.Barretenberg}' does not hold the ceremony's point where it is looked for");
            }

            DevelopmentKey.SecondGroup.CopyTo(program.AsSpan(place));
            File.WriteAllBytes(path + ".tmp", program);
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(path + ".tmp", UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }

            File.Move(path + ".tmp", path, overwrite: true);
        }

        return path;
    }
}
