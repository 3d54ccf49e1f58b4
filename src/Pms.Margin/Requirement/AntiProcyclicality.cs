using Pms.Margin.Parameters;

namespace Pms.Margin.Requirement;

/// <summary>The buffer and the daily step cap against the requirement of the same book a day before (docs/model/margin.md, section 2). Money units.</summary>
public static class AntiProcyclicality
{
    /// <summary>The buffer in full; against a known day before, only what keeps the requirement from falling below that day's.</summary>
    /// <param name="core">what the buffer is a share of</param>
    /// <param name="sum">the requirement without it</param>
    /// <param name="before">requirement a day before; null: unknown</param>
    /// <param name="parameters">size of the buffer</param>
    public static long Buffer(Int128 core, Int128 sum, long? before, AntiProcyclicalityParameters parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        var full = Rounding.ShareUp(core, parameters.Buffer, "the buffer");
        return before is { } known ? Rounding.Checked(Int128.Clamp(known - sum, 0, full), "the buffer") : full;
    }

    /// <summary>What of a rise the daily step cap puts off.</summary>
    /// <param name="maintenance">the requirement, buffer included</param>
    /// <param name="before">as in <see cref="Buffer"/></param>
    /// <param name="parameters">the cap</param>
    public static long Deferred(long maintenance, long? before, AntiProcyclicalityParameters parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        return before is { } known && parameters.DailyStepCap is { } cap ? Math.Max(maintenance - Rounding.ShareUp(known, 1 + cap, "the step cap"), 0) : 0;
    }
}
