using Pms.Primitives;

namespace Pms.Microstructure.Keepers;

/// <summary>Keepers, gas and the time when things go wrong.</summary>
public sealed record KeeperParameters
{
    public static KeeperParameters Default { get; } = new();

    /// <summary>Keepers in normal times. 0 to 10,000.</summary>
    public int Keepers { get; init; } = 30;

    /// <summary>Share of them that is off during the trouble. 0 to 1.</summary>
    public double OffShare { get; init; } = 0.9;

    /// <summary>Actions that one keeper brings on chain in a minute: one in about every second block. 1 to 1,000.</summary>
    public int ActionsPerMinute { get; init; } = 3;

    /// <summary>Most notional that one action takes. USD, above 0.</summary>
    public double MostNotional { get; init; } = 1_000_000;

    /// <summary>An action is taken for at least this net of gas and slippage. USD, at least 0.</summary>
    public double LeastProfit { get; init; } = 20;

    /// <summary>Gas of an action without its legs.</summary>
    public double GasPerAction { get; init; } = 250_000;

    /// <summary>Gas of each leg.</summary>
    public double GasPerLeg { get; init; } = 60_000;

    /// <summary>Price of gas in normal times, gwei.</summary>
    public double BaseGwei { get; init; } = 5;

    /// <summary>Factor of the price of gas during the trouble. 1 to 10,000.</summary>
    public double GasFactor { get; init; } = 10;

    /// <summary>Price of the coin that gas is paid in. USD.</summary>
    public double GasCoinUsd { get; init; } = 2_500;

    /// <summary>The trouble's first minute.</summary>
    public int TroubleFrom { get; init; } = 10;

    /// <summary>The first minute after it.</summary>
    public int TroubleUntil { get; init; } = 190;

    /// <exception cref="InvalidInputException"><c>keeper-parameter</c></exception>
    public void Validate()
    {
        if (Keepers is < 0 or > 10_000 || !(OffShare is >= 0 and <= 1) || ActionsPerMinute is < 1 or > 1_000 || !(MostNotional > 0) || !(LeastProfit >= 0) || !(GasPerAction >= 0)
            || !(GasPerLeg >= 0) || !(BaseGwei >= 0) || !(GasFactor is >= 1 and <= 10_000) || !(GasCoinUsd > 0) || TroubleUntil < TroubleFrom)
        {
            throw new InvalidInputException("keeper-parameter", $"{this} is outside the ranges of its keys");
        }
    }
}

/// <summary>Takes what pays: reward less slippage less gas at least the least profit, first come first served.</summary>
public sealed class NetProfitKeepers : IKeeperPool
{
    private readonly KeeperParameters _parameters;
    private bool _isTrouble;
    private int _left;

    /// <param name="parameters">validated here</param>
    public NetProfitKeepers(KeeperParameters parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        parameters.Validate();
        _parameters = parameters;
    }

    public bool HasRoom => _left > 0;

    public double MostNotional => _parameters.MostNotional;

    public void Begin(int minute)
    {
        _isTrouble = minute >= _parameters.TroubleFrom && minute < _parameters.TroubleUntil;
        var awake = _isTrouble ? (int)Math.Round(_parameters.Keepers * (1 - _parameters.OffShare)) : _parameters.Keepers;
        _left = awake * _parameters.ActionsPerMinute;
    }

    public double GasOf(int legs) =>
        (_parameters.GasPerAction + (legs * _parameters.GasPerLeg)) * _parameters.BaseGwei * (_isTrouble ? _parameters.GasFactor : 1) * 1e-9 * _parameters.GasCoinUsd;

    public KeeperAnswer Ask(in KeeperOffer offer)
    {
        if (!HasRoom)
        {
            return KeeperAnswer.NobodyLeft;
        }

        if (!(offer.Reward - offer.Slippage - GasOf(offer.Legs) >= _parameters.LeastProfit))
        {
            return KeeperAnswer.Unprofitable;
        }

        _left--;
        return KeeperAnswer.Taken;
    }
}
