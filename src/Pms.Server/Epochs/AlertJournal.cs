using Pms.Documents;
using Pms.Server.Api;
using Pms.Solvency.Indices;

namespace Pms.Server.Epochs;

/// <summary>What somebody should look at, each with the moment from which it has held without a break, as far as anybody looked: the loop looks after every epoch and change of state.</summary>
public sealed class AlertJournal
{
    private const int MostNamed = 4;

    private readonly Lock _lock = new();
    private Dictionary<(string Code, string? Account), DateTimeOffset> _since = [];

    /// <summary>What holds now; what held before keeps its time.</summary>
    /// <param name="status">state and reasons</param>
    /// <param name="epoch">the newest; null: none yet</param>
    /// <param name="now">clock</param>
    /// <returns>those of the server first, then accounts by id</returns>
    internal IReadOnlyList<AlertDocument> Note(OperatingStatus status, RiskEpoch? epoch, DateTimeOffset now)
    {
        lock (_lock)
        {
            return List(status, epoch, now);
        }
    }

    private List<AlertDocument> List(OperatingStatus status, RiskEpoch? epoch, DateTimeOffset now)
    {
        var severity = status.State == OperatingState.Halt ? "critical" : "warning";
        var accounts = epoch?.Accounts.Where(a => AccountStates.Of(a) is AccountState.Liquidatable or AccountState.Refused) ?? [];
        var since = new Dictionary<(string, string?), DateTimeOffset>();
        AlertDocument Seen(AlertDocument alert)
        {
            var key = (alert.Code, alert.Account);
            since[key] = _since.TryGetValue(key, out var first) ? first : alert.Since;
            return alert with { Since = since[key] };
        }

        List<AlertDocument> alerts =
        [
            .. status.Reasons.Select(r => Seen(new AlertDocument(r.Code, severity, r.Message, now, null))),
            .. Solvency(epoch).Select(Seen),
            .. accounts.Select(a => Seen(a.Result is { } m
                ? new AlertDocument(
                    "below-maintenance",
                    "critical",
                    $"equity is {Money.Usd(m.Equity)} USD for a maintenance margin of {Money.Usd(m.Maintenance)} USD",
                    epoch!.Snapshot.ObservedAt,
                    a.Account.Id,
                    Money.Usd(m.Equity),
                    Money.Usd(m.Maintenance),
                    Money.Usd(m.Shortfall))
                : new AlertDocument(a.Refusal!.Code, "warning", a.Refusal.Message, epoch!.Snapshot.ObservedAt, a.Account.Id))),
            .. (epoch?.Accounts ?? []).Where(a => !a.Settled.IsEmpty).Select(a => Seen(new AlertDocument(
                "settlement-pending",
                "warning",
                $"{a.Settled.Length} expired positions are settled in the margin and still in the book: {string.Join(", ", a.Settled.Take(MostNamed).Select(s => s.Position.Instrument.Name))}",
                epoch!.Snapshot.ObservedAt,
                a.Account.Id))),
        ];
        _since = since;
        return alerts;
    }

    /// <summary>That the fund does not pay what accounts may owe beyond their worth; of an index that leaves accounts out too, as they could only make it worse.</summary>
    private static IEnumerable<AlertDocument> Solvency(RiskEpoch? epoch) => epoch?.Solvency is { Fund.IsKnown: true, Assessment: { } assessment } && assessment.Index < SolvencyIndex.Covered
        ? [new AlertDocument("solvency-short", "critical", $"the solvency index is {assessment.Index}: an expected shortfall of {Money.Usd(assessment.Shortfall)} USD", epoch.Snapshot.ObservedAt, null)]
        : [];
}
