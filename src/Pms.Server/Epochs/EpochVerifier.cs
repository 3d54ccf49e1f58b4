using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Pms.Attestation.Wire;
using Pms.Documents;
using Pms.Margin.Measures;
using Pms.Primitives;
using Pms.Server.Api;
using Pms.Server.Books;
using Pms.Server.Storage;
using Pms.Solvency.Indices;

namespace Pms.Server.Epochs;

/// <summary>Something stored that does not come out again.</summary>
/// <param name="Epoch">number</param>
/// <param name="Field">name in the head; <c>record</c>, <c>epoch</c>, <c>head</c>, <c>board</c>; <c>equity</c>, <c>initial</c>, <c>maintenance</c> of an account, money units; <c>error</c>: it cannot be computed at all</param>
/// <param name="Account">whose; null: of the epoch</param>
/// <param name="Stored">what lies there</param>
/// <param name="Recomputed">what comes out</param>
public sealed record EpochDifference(long Epoch, string Field, string? Account, string Stored, string Recomputed);

/// <summary>What was recomputed, and what did not come out as it is stored.</summary>
/// <param name="First">epoch; 0: none is kept</param>
/// <param name="Last">epoch</param>
/// <param name="Margins">compared</param>
/// <param name="Differences">in order of epochs</param>
public sealed record EpochVerification(long First, long Last, int Margins, ImmutableArray<EpochDifference> Differences);

/// <summary>Recomputes epochs from what is stored, each from nothing: board, book at its sequence, parameters and seed.</summary>
/// <remarks>The head is taken from the hash-chained record. Boards, margins and the copy of the head lie outside the chain: each is held against it.</remarks>
public sealed class EpochVerifier
{
    private const string Missing = "missing";

    private readonly IRiskStore _store;
    private readonly int _threads;
    private readonly TimeProvider _time;
    private readonly SortedDictionary<long, InputRecord> _records = [];
    private readonly List<InputRecord> _parameters = [];
    private readonly long _oldest;
    private readonly long _newest;

    /// <param name="store">whose chain was verified; read whole once</param>
    /// <param name="threads">1 or more; no number depends on it</param>
    /// <param name="time">clock for what is shown of the work</param>
    public EpochVerifier(IRiskStore store, int threads, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(store);
        (_store, _threads, _time) = (store, threads, time);
        var kept = store.EpochHeads(int.MaxValue);
        _oldest = kept.Count == 0 ? 0 : kept[^1].Number;
        foreach (var record in RecordPages.Read(store, 0))
        {
            if (record.Kind == RecordKind.Parameters)
            {
                _parameters.Add(record);
            }
            else if (record.Kind == RecordKind.Epoch && Head(record.Payload).Number is var number && number >= _oldest)
            {
                _records[number] = record;
            }
        }

        _newest = Math.Max(store.LastEpoch, _records.Count == 0 ? 0 : _records.Keys.Last());
    }

    /// <summary>The newest epochs.</summary>
    /// <param name="count">how many, at least 1; there may be fewer</param>
    /// <param name="done">told after each</param>
    /// <param name="cancel">gives up</param>
    public EpochVerification VerifyLast(int count, Action<long>? done, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        return _oldest == 0 && _newest == 0 ? new EpochVerification(0, 0, 0, []) : Verify(Math.Max(Math.Max(_oldest, 1), _newest - count + 1), _newest, done, cancel);
    }

    /// <summary>One epoch.</summary>
    /// <exception cref="InvalidInputException"><c>epoch-missing</c>: it is not kept</exception>
    public EpochVerification Verify(long number, CancellationToken cancel) => number >= Math.Max(_oldest, 1) && number <= _newest
        ? Verify(number, number, null, cancel)
        : throw new InvalidInputException("epoch-missing", $"epoch {number} is not kept: {_oldest} to {_newest} are");

    private EpochVerification Verify(long first, long last, Action<long>? done, CancellationToken cancel)
    {
        var differences = ImmutableArray.CreateBuilder<EpochDifference>();
        var (margins, book) = (0, RiskBook.Empty);
        for (var number = first; number <= last; number++)
        {
            cancel.ThrowIfCancellationRequested();
            try
            {
                Verify(number, ref book, ref margins, differences);
            }
            catch (InvalidInputException e)
            {
                differences.Add(new EpochDifference(number, "error", null, "an epoch", e.ToRefusal().ToString()));
            }

            done?.Invoke(number);
        }

        return new EpochVerification(first, last, margins, differences.ToImmutable());
    }

    private void Verify(long number, ref RiskBook book, ref int margins, ImmutableArray<EpochDifference>.Builder differences)
    {
        void Compare(string field, string? account, string stored, string recomputed)
        {
            if (!stored.Equals(recomputed, StringComparison.Ordinal))
            {
                differences.Add(new EpochDifference(number, field, account, stored, recomputed));
            }
        }

        var stored = _store.FindEpoch(number);
        if (stored is null || !_records.TryGetValue(number, out var record))
        {
            differences.Add(new EpochDifference(number, stored is null ? "epoch" : "record", null, Missing, "an epoch of this number"));
            return;
        }

        Compare("head", null, ContentHash.Of(stored.Head.Span).ToString(), ContentHash.Of(record.Payload.Span).ToString());
        var head = Head(record.Payload);
        Compare("bookSequence", null, Text(stored.BookSequence), Text(head.BookSequence));
        if (_parameters.LastOrDefault(p => p.Sequence < record.Sequence) is not { } document)
        {
            differences.Add(new EpochDifference(number, "parametersHash", null, head.ParametersHash, "no record of parameters before the epoch's"));
            return;
        }

        Pms.MarketData.Snapshots.MarketSnapshot snapshot;
        try
        {
            snapshot = SnapshotBytes.Read(stored.Board);
        }
        catch (Exception e) when (e is InvalidInputException or InvalidDataException or IOException)
        {
            differences.Add(new EpochDifference(number, "board", null, $"{stored.Board.Length} bytes", e.Message));
            return;
        }

        book = BookReplay.Read(_store, head.BookSequence, book);
        var epoch = RiskEpoch.Compute(number, snapshot, book, ParameterRecord.Read(document.Payload), head.Seed, _threads, previous: null, _time, fund: FundOf(head.Solvency));
        var again = EpochHead.WithSolvency(epoch);
        Compare("snapshotHash", null, head.SnapshotHash, again.SnapshotHash);
        Compare("parametersHash", null, head.ParametersHash, again.ParametersHash);
        Compare("scenarioSetHash", null, head.ScenarioSetHash, again.ScenarioSetHash);
        Compare("arrayRoot", null, head.ArrayRoot, again.ArrayRoot);
        Compare("bookHash", null, head.BookHash, again.BookHash);
        Compare("accounts", null, Text(head.Accounts), Text(again.Accounts));
        Compare("degraded", null, head.Degraded ? "true" : "false", again.Degraded ? "true" : "false");

        Compare("solvency", null, JsonSerializer.Serialize(head.Solvency, DocumentJson.Compact), JsonSerializer.Serialize(again.Solvency, DocumentJson.Compact));

        var lying = _store.Margins(number).ToDictionary(m => m.Account, StringComparer.Ordinal);
        var recomputed = epoch.StoredMargins().ToDictionary(m => m.Account, StringComparer.Ordinal);
        foreach (var account in lying.Keys.Union(recomputed.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            var was = lying.TryGetValue(account, out var a) ? a : (StoredMargin?)null;
            var now = recomputed.TryGetValue(account, out var b) ? b : (StoredMargin?)null;
            Compare("equity", account, Text(was?.Equity), Text(now?.Equity));
            Compare("initial", account, Text(was?.Initial), Text(now?.Initial));
            Compare("maintenance", account, Text(was?.Maintenance), Text(now?.Maintenance));
            margins++;
        }
    }

    /// <summary>What stood behind the accounts, as the head tells it; null: the epoch has no index.</summary>
    private static SolvencyFund? FundOf(SolvencyPoint? kept) => kept is null
        ? null
        : new SolvencyFund(new SolvencyTerms(SolvencyResources.OfUsd(kept.Insurance, kept.Backstop), TailLevel.Of(kept.Level)), IsKnown: true);

    private static EpochHead Head(ReadOnlyMemory<byte> payload)
    {
        try
        {
            return JsonSerializer.Deserialize<EpochHead>(payload.Span, DocumentJson.Compact) ?? throw new InvalidInputException("epoch-head", "the record of an epoch is null");
        }
        catch (JsonException e)
        {
            throw new InvalidInputException("epoch-head", $"the record of an epoch cannot be read: {PrintableText.Of(e.Message)}", e);
        }
    }

    private static string Text(long? value) => value?.ToString(CultureInfo.InvariantCulture) ?? Missing;
}
