using System.Collections.Immutable;
using System.Numerics;
using Pms.Attestation.Amounts;
using Pms.Chain.Logs;
using Pms.Chain.Nodes;
using Pms.Chain.Protocol;
using Pms.Cli.Onchain;
using Pms.Keeper.Chains;
using Pms.Keeper.Decisions;
using Pms.Liquidation.Auctions;
using Pms.Server.Chain;

namespace Pms.Cli.Demo;

/// <summary>Auctions of the house, seen as a keeper without an account sees them, and the events around them.</summary>
internal sealed class DemoLiquidations
{
    private const int MostEvents = 500;
    private const int CurvePoints = 25;

    /// <summary>Of the house; of the engine all are told.</summary>
    private static readonly ImmutableHashSet<string> HouseEvents = ["StateChanged", "LiquidationChanged", "HandedOver"];

    private readonly LocalHouse _house;
    private readonly LiquidationContract _view;
    private readonly Dictionary<ulong, DateTimeOffset> _times = [];
    private LogFollower _follower;
    private ImmutableList<LiquidationEvent> _events = [];

    public DemoLiquidations(LocalHouse house)
    {
        _house = house;
        var reader = new HouseReader(house.Node, house.Contracts, LocalMarket.House.NewListing(), LocalMarket.House.CoinDecimals);
        _view = new LiquidationContract(house.Node, house.Contracts, reader, house.Workspace.Key("deployer"), "0x0000000000000000000000000000000000000000", payer: 0, relay: null);
        _follower = NewFollower();
    }

    /// <exception cref="ChainException">codes of reading</exception>
    public async Task<LiquidationPage> ReadAsync(CancellationToken cancel)
    {
        await FollowAsync(cancel).ConfigureAwait(false);
        var views = await _view.AccountsAsync(_house.Current, cancel).ConfigureAwait(false);
        var head = await _house.Node.LatestAsync(cancel).ConfigureAwait(false);
        return new LiquidationPage(
            head.Number,
            DateTimeOffset.FromUnixTimeSeconds((long)head.Timestamp),
            [.. views.Where(v => v.Terms is not null || v.OpenClaims > 0).Select(v => Row(v, head.Timestamp))],
            [.. views.Where(v => v.Terms is null && v.OpenClaims == 0 && v.IsDue).Select(v => Row(v, head.Timestamp))],
            _events);
    }

    private async Task FollowAsync(CancellationToken cancel)
    {
        var advance = await _follower.AdvanceAsync(cancel).ConfigureAwait(false);
        if (advance.RewoundTo is not null)
        {
            (_events, _follower) = ([], NewFollower());
            advance = await _follower.AdvanceAsync(cancel).ConfigureAwait(false);
        }

        foreach (var log in advance.Logs.Where(l => HouseEvents.Contains(l.Event) || string.Equals(l.Address, _house.Contracts.Engine.Address, StringComparison.OrdinalIgnoreCase)))
        {
            if (!_times.TryGetValue(log.BlockNumber, out var at))
            {
                at = DateTimeOffset.FromUnixTimeSeconds((long)(await _house.Node.BlockAsync(log.BlockNumber, cancel).ConfigureAwait(false))!.Timestamp);
                _times.Add(log.BlockNumber, at);
            }

            var values = log.Args.ToDictionary(a => a.Key, a => a.Value?.ToString() ?? "", StringComparer.Ordinal);
            _events = (_events.Count >= MostEvents ? _events.RemoveAt(MostEvents - 1) : _events).Insert(0, new LiquidationEvent(log.BlockNumber, at, log.TransactionHash, log.Event, values.GetValueOrDefault("account"), values));
        }
    }

    private LogFollower NewFollower() => new(_house.Node, [_house.Contracts.Engine, _house.Contracts.House], _house.Contracts.Addresses.Block);

    private static AuctionRow Row(AuctionView view, ulong now) => new(
        $"{view.Account}",
        view.Terms is { } terms ? DateTimeOffset.FromUnixTimeSeconds((long)terms.StartedAtSeconds) : null,
        Usd(view.Money.EquityWad),
        Usd(view.Money.WorthWad),
        Usd(view.Money.InitialWad),
        Usd(view.Money.MaintenanceWad),
        Usd(view.Terms?.ShortfallWad(view.Money.EquityWad, view.Money.InitialWad, view.Money.MaintenanceWad) ?? view.Money.MaintenanceWad - view.Money.EquityWad),
        view.Terms is { } t ? Rate(t.RateAt(now)) : null,
        view.Terms is { } c ? [.. Curve(c)] : [],
        view.OpenClaims,
        view.IsMarked,
        view.Stale is { } stale ? ErrorBody.Of(stale) : null);

    private static IEnumerable<RatePoint> Curve(AuctionTerms terms)
    {
        var length = (double)terms.FastSeconds + terms.SlowSeconds;
        return Enumerable.Range(0, CurvePoints).Select(i => length * i / (CurvePoints - 1)).Append(terms.FastSeconds).Distinct().Order().Select(s => new RatePoint(s, Rate(terms.RateAt(terms.StartedAtSeconds + (ulong)s))));
    }

    private static double Rate(uint e6) => e6 / (double)AuctionTerms.One;

    private static decimal Usd(BigInteger wad) => new Wad((Int128)wad).ToUsd();
}
