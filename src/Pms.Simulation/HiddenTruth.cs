using System.Collections.Immutable;
using Pms.MarketData.Instruments;
using Pms.Primitives;
using Pms.Simulation.Listing;
using Pms.Simulation.Market;
using Pms.Simulation.Parameters;
using Pms.Simulation.Quoting;
using Pms.Simulation.Stress;

namespace Pms.Simulation;

/// <summary>The prices, forwards and surfaces that the quotes of a simulated exchange hide, at one step. Valid after the exchange moves on.</summary>
public sealed class HiddenTruth
{
    private readonly SimulationParameters _parameters;
    private readonly VenueView _view;
    private readonly ImmutableArray<SimulatedInstrument> _live;
    private readonly Lazy<Dictionary<Instrument, SimulatedInstrument>> _listed;

    internal HiddenTruth(SimulationParameters parameters, ExchangeCursor cursor)
    {
        _parameters = parameters;
        _view = cursor.View;
        _live = cursor.LiveNow;
        _listed = new Lazy<Dictionary<Instrument, SimulatedInstrument>>(() => _live.ToDictionary(i => i.Instrument));
    }

    public DateTimeOffset Time => _view.Point.Time;

    public StressState Stress => _view.Point.Stress;

    /// <summary>All that is listed, in the order of listing.</summary>
    public ImmutableArray<Instrument> Instruments => [.. _live.Select(i => i.Instrument)];

    /// <summary>USD per USDC.</summary>
    public double Peg => Numerics.ElementaryMath.Exp(_view.Point.LogPeg);

    /// <summary>USD per coin.</summary>
    public double SpotUsd(Asset coin) => CoinOf(coin).Spot;

    /// <summary>Instantaneous variance per year.</summary>
    public double Variance(Asset coin) => CoinOf(coin).Variance;

    public TrueSurface Surface(Asset coin) => CoinOf(coin).Surface;

    /// <summary>The published index of a family, quote currency per coin.</summary>
    public double Index(UnderlyingId underlying) => _view.Index(FamilyOf(underlying));

    /// <summary>The forward of a family for an instant after this one.</summary>
    public double Forward(UnderlyingId underlying, DateTimeOffset expiry)
    {
        return expiry > Time
            ? _view.Expiry(FamilyOf(underlying), expiry).Forward
            : throw new InvalidInputException("simulation-time", $"{expiry.ToIso()} is not after {Time.ToIso()}");
    }

    /// <summary>The smile of a family for an instant after this one.</summary>
    public TrueSlice Slice(UnderlyingId underlying, DateTimeOffset expiry)
    {
        _ = Forward(underlying, expiry);
        return _view.Expiry(FamilyOf(underlying), expiry).Slice;
    }

    /// <summary>The true price of a listed instrument in its own price unit.</summary>
    public double Price(Instrument instrument)
    {
        ArgumentNullException.ThrowIfNull(instrument);
        return _listed.Value.TryGetValue(instrument, out var listed)
            ? QuoteModel.TruePrice(listed, _view)
            : throw new InvalidInputException("simulation-instrument", $"{instrument} is not listed at {Time.ToIso()}");
    }

    /// <summary>Whether a price is one that the venue accepts for a listed instrument.</summary>
    public bool IsOnTick(Instrument instrument, double price)
    {
        ArgumentNullException.ThrowIfNull(instrument);
        return _listed.Value.TryGetValue(instrument, out var listed) && listed.Ticks.IsValid(price);
    }

    private CoinPoint CoinOf(Asset coin) => _view.Point.Coins[_parameters.CoinIndex(coin)];

    private int FamilyOf(UnderlyingId underlying)
    {
        for (var i = 0; i < _parameters.Families.Length; i++)
        {
            if (_parameters.Families[i].Underlying == underlying)
            {
                return i;
            }
        }

        throw new InvalidInputException("simulation-instrument", $"{underlying} is not a family of this exchange");
    }
}
