using Pms.Documents;
using Pms.Primitives;
using Pms.Server.Api;
using Pms.Server.Chain;
using Pms.Server.Epochs;

namespace Pms.Server.Rpc.Channels;

/// <summary>Kinds of channels, and the channels that somebody follows.</summary>
internal sealed class ChannelBook
{
    private const int MostOpen = 4_096;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, WeakReference<Channel>> _open = new(StringComparer.Ordinal);

    public ChannelBook(RiskLoop loop, OverviewHistory history, ChainEndpoints chain)
    {
        Kinds =
        [
            new("health", "State and reasons, whenever one changes", ApiScopes.None, ("document", typeof(StateDocument)), [], (name, _) => new HealthChannel(name, loop)),
            new("epochs", "The head of every epoch", ApiScopes.Read, ("document", typeof(EpochHead)), [], (name, _) => new EpochChannel(name, loop, e => ApiAnswer.Json(EpochHead.Of(e)).Body)),
            new("overview", "GET /overview after every epoch; in a change, history has the points since the last update alone", ApiScopes.Read, ("document", typeof(OverviewDocument)), [], (name, _) => new OverviewChannel(name, loop, history)),
            new("alerts", "GET /alerts, then what was raised and what has gone", ApiScopes.Read, ("items", typeof(IReadOnlyList<AlertDocument>)), [("raised", typeof(IReadOnlyList<AlertDocument>)), ("cleared", typeof(IReadOnlyList<AlertKey>))], (name, _) => new AlertsChannel(name, loop)),
            new("margin.watch", "Rows of all accounts, then those that changed and the ids that are gone", ApiScopes.Read, ("rows", typeof(IReadOnlyList<AccountRow>)), [("rows", typeof(IReadOnlyList<AccountRow>)), ("removed", typeof(IReadOnlyList<string>))], (name, _) => new WatchChannel(name, loop)),
            new("margin.{account}", "GET /accounts/{id}/margin after every epoch", ApiScopes.Read, ("document", typeof(MarginDocument)), [], (name, id) => new EpochChannel(name, loop, e => ReadEndpoints.MarginOf(e, id).Body)),
            new("surface.{underlying}", "GET /surfaces/{underlying}/smiles after every epoch", ApiScopes.Read, ("document", typeof(SmilesDocument)), [], (name, family) => new EpochChannel(name, loop, e => ReadEndpoints.SmilesOf(family, e).Body)),
            new("chain", "GET /chain, whenever it changes", ApiScopes.Read, ("document", typeof(ChainDocument)), [], (name, _) => new AnswerChannel(name, loop.Signal, chain.Chain)),
            new("auctions.watch", "GET /liquidations, whenever it changes: auctions that run, accounts due for one, what happened", ApiScopes.Read, ("document", typeof(LiquidationPage)), [], (name, _) => new AnswerChannel(name, loop.Signal, chain.Liquidations)),
            new("keepers", "GET /keepers, whenever it changes", ApiScopes.Read, ("document", typeof(KeeperPage)), [], (name, _) => new AnswerChannel(name, loop.Signal, chain.Keepers)),
            new("params.changes", "GET /governance, whenever it changes: governed numbers on the chain", ApiScopes.Read, ("document", typeof(GovernancePage)), [], (name, _) => new AnswerChannel(name, loop.Signal, chain.Governance)),
        ];
    }

    public IReadOnlyList<ChannelKind> Kinds { get; }

    /// <summary>The channel of a name; followers of one name share it.</summary>
    /// <exception cref="RpcException">there is none, or the key does not open it</exception>
    public Channel Open(string name, ApiScopes scopes)
    {
        var kind = Kinds.FirstOrDefault(k => k.Matches(name, out _))
            ?? throw new RpcException(RpcError.Of(RpcError.NotFound, "channel-missing", $"there is no channel '{PrintableText.Of(name)}': there are {string.Join(", ", Kinds.Select(k => k.Pattern))}"));
        RpcMethods.Require(scopes, kind.Scopes);
        _ = kind.Matches(name, out var part);
        lock (_lock)
        {
            if (_open.TryGetValue(name, out var known) && known.TryGetTarget(out var channel))
            {
                return channel;
            }

            if (_open.Count >= MostOpen)
            {
                foreach (var gone in _open.Where(o => !o.Value.TryGetTarget(out _)).Select(o => o.Key).ToArray())
                {
                    _open.Remove(gone);
                }
            }

            channel = kind.Make(name, part);
            _open[name] = new WeakReference<Channel>(channel);
            return channel;
        }
    }
}

/// <summary>A kind of channel.</summary>
/// <param name="Pattern">its name, with the part that differs in braces at the end</param>
/// <param name="Summary">for people</param>
/// <param name="Scopes">what the follower's key must open</param>
/// <param name="Snapshot">member of a snapshot, and what it holds</param>
/// <param name="Change">members of a change; none: every update is a snapshot, or a change has the snapshot's member</param>
/// <param name="Make">the channel of a name and its part</param>
internal sealed record ChannelKind(string Pattern, string Summary, ApiScopes Scopes, (string Name, Type Type) Snapshot, IReadOnlyList<(string Name, Type Type)> Change, Func<string, string, Channel> Make)
{
    private const int LongestPart = 256;

    /// <param name="name">of a channel</param>
    /// <param name="part">what stands in the braces' place</param>
    public bool Matches(string name, out string part)
    {
        part = "";
        var brace = Pattern.IndexOf('{', StringComparison.Ordinal);
        if (brace < 0)
        {
            return name.Equals(Pattern, StringComparison.Ordinal);
        }

        if (name.Length <= brace || name.Length > brace + LongestPart || !name.AsSpan().StartsWith(Pattern.AsSpan(0, brace), StringComparison.Ordinal))
        {
            return false;
        }

        part = name[brace..];
        return true;
    }
}
