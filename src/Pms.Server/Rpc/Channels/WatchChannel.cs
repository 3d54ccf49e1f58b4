using Pms.Server.Api;
using Pms.Server.Epochs;

namespace Pms.Server.Rpc.Channels;

/// <summary>Where every account stands: all rows, then those that changed and the ids that are gone.</summary>
/// <remarks>The rows of a few epochs are kept; a follower that was told none of them gets a snapshot again.</remarks>
internal sealed class WatchChannel(string name, RiskLoop loop) : Channel(name)
{
    private const int MostKept = 4;

    private readonly Lock _lock = new();
    private readonly List<(long Epoch, AccountRow[] Rows)> _kept = [];
    private readonly Dictionary<long, ChannelUpdate> _made = [];
    private long _madeFor;

    public override ChannelUpdate? Next(ChannelUpdate? told)
    {
        if (loop.Answered is not { } epoch || epoch.Number == told?.Sequence)
        {
            return null;
        }

        lock (_lock)
        {
            if (_madeFor != epoch.Number)
            {
                // A follower may come with an older epoch than the newest told: what it gets is made anew.
                _made.Clear();
                _madeFor = epoch.Number;
                if (_kept.TrueForAll(k => k.Epoch != epoch.Number))
                {
                    _kept.Add((epoch.Number, [.. epoch.Accounts.Select(AccountRow.Of)]));
                    _kept.RemoveRange(0, Math.Max(0, _kept.Count - MostKept));
                }
            }

            var rows = _kept.Find(k => k.Epoch == epoch.Number).Rows;
            var before = told is null ? null : _kept.Find(k => k.Epoch == told.Sequence).Rows;
            var key = before is null ? 0 : told!.Sequence;
            if (!_made.TryGetValue(key, out var made))
            {
                made = before is null ? new ChannelUpdate(epoch.Number, IsSnapshot: true, [("rows", Json(rows))]) : Change(epoch.Number, before, rows);
                _made.Add(key, made);
            }

            return made;
        }
    }

    private static ChannelUpdate Change(long number, AccountRow[] before, AccountRow[] rows)
    {
        var old = before.ToDictionary(r => r.Account, StringComparer.Ordinal);
        AccountRow[] changed = [.. rows.Where(r => !old.Remove(r.Account, out var was) || was != r)];
        return new ChannelUpdate(number, IsSnapshot: false, [("rows", Json(changed)), ("removed", Json(old.Keys.Order(StringComparer.Ordinal)))]);
    }
}
