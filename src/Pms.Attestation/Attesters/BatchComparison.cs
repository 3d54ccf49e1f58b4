using Pms.Attestation.Messages;
using Pms.Primitives;

namespace Pms.Attestation.Attesters;

/// <summary>Where a proposed message is another one than was computed here.</summary>
/// <param name="Field">first that differs, in the order of the message</param>
/// <param name="Proposed">its value there</param>
/// <param name="Own">its value here</param>
public sealed record FieldDifference(string Field, string Proposed, string Own)
{
    public Refusal ToRefusal() => new("field-differs", $"{Field} is {Proposed}; recomputed it is {Own}");
}

/// <summary>A proposed message beside the one computed here: every field, in the order of the message.</summary>
public static class BatchComparison
{
    /// <summary>The first field that differs; null: none.</summary>
    public static FieldDifference? FirstDifference(BatchHeader proposed, BatchHeader own)
    {
        ArgumentNullException.ThrowIfNull(proposed);
        ArgumentNullException.ThrowIfNull(own);
        return Field("setId", proposed.SetId, own.SetId)
        ?? Field("schema", proposed.Schema, own.Schema)
        ?? Field("sequence", proposed.Sequence, own.Sequence)
        ?? Field("observedAt", proposed.ObservedAt, own.ObservedAt)
        ?? Field("validUntil", proposed.ValidUntil, own.ValidUntil)
        ?? Field("bookBlock", proposed.BookBlock, own.BookBlock)
        ?? Field("snapshotHash", proposed.SnapshotHash, own.SnapshotHash)
        ?? Field("parameterHash", proposed.ParameterHash, own.ParameterHash)
        ?? Field("scenarioSetHash", proposed.ScenarioSetHash, own.ScenarioSetHash)
        ?? Field("arrayRoot", proposed.ArrayRoot, own.ArrayRoot)
        ?? Field("stressRoot", proposed.StressRoot, own.StressRoot)
        ?? Field("stressSharesHash", proposed.StressSharesHash, own.StressSharesHash)
        ?? Field("pricesHash", proposed.PricesHash, own.PricesHash)
        ?? Field("accountsRoot", proposed.AccountsRoot, own.AccountsRoot)
        ?? Field("accountCount", proposed.AccountCount, own.AccountCount)
        ?? Field("rowCount", proposed.RowCount, own.RowCount)
        ?? Field("totalMaintenanceWad", proposed.TotalMaintenance, own.TotalMaintenance)
        ?? Field("totalEquityWad", proposed.TotalEquity, own.TotalEquity)
        ?? Field("totalShortfallWad", proposed.TotalShortfall, own.TotalShortfall)
        // A field that this list forgot would still change the hash.
        ?? Field("batchHash", proposed.StructHash(), own.StructHash());
    }

    /// <inheritdoc cref="FirstDifference(BatchHeader, BatchHeader)"/>
    public static FieldDifference? FirstDifference(Clearance proposed, Clearance own)
    {
        ArgumentNullException.ThrowIfNull(proposed);
        ArgumentNullException.ThrowIfNull(own);
        if ((Field("setId", proposed.SetId, own.SetId)
            ?? Field("batchSequence", proposed.BatchSequence, own.BatchSequence)
            ?? Field("observedAt", proposed.ObservedAt, own.ObservedAt)
            ?? Field("validUntil", proposed.ValidUntil, own.ValidUntil)
            ?? Field("actionHash", proposed.ActionHash, own.ActionHash)
            ?? Field("parameterHash", proposed.ParameterHash, own.ParameterHash)
            ?? Field("accounts.length", proposed.Accounts.Length, own.Accounts.Length)) is { } first)
        {
            return first;
        }

        foreach (var (p, o) in proposed.Accounts.Zip(own.Accounts))
        {
            if (Field($"accounts[{o.Account}]", p, o) is { } difference)
            {
                return difference;
            }
        }

        return Field("structHash", proposed.StructHash(), own.StructHash());
    }

    private static FieldDifference? Field<T>(string name, T proposed, T own)
        where T : notnull => EqualityComparer<T>.Default.Equals(proposed, own)
        ? null
        : new FieldDifference(name, $"{proposed}", $"{own}");
}
