namespace Pms.Microstructure.Keepers;

/// <summary>What a keeper is offered: positions at the marks, and a reward for the trouble of being rid of them. USD.</summary>
/// <param name="Reward">paid by the account, or by a fund</param>
/// <param name="Slippage">what closing the positions in the market costs now</param>
/// <param name="Notional">of the positions</param>
/// <param name="Legs">positions</param>
public readonly record struct KeeperOffer(double Reward, double Slippage, double Notional, int Legs);

/// <summary>What becomes of an offer.</summary>
public enum KeeperAnswer
{
    Taken,

    /// <summary>Somebody is there, and it does not pay.</summary>
    Unprofitable,

    /// <summary>Nobody is there, or all have done what they can this minute.</summary>
    NobodyLeft,
}

/// <summary>Those who carry out liquidations for a reward. A gas model is plugged in here.</summary>
public interface IKeeperPool
{
    /// <summary>Begins a minute.</summary>
    void Begin(int minute);

    /// <summary>Whether anybody can do anything more this minute.</summary>
    bool HasRoom { get; }

    /// <summary>Notional that one action can take, USD.</summary>
    double MostNotional { get; }

    /// <summary>Gas of one action now, USD.</summary>
    double GasOf(int legs);

    /// <summary>Offers; what is taken uses up room.</summary>
    KeeperAnswer Ask(in KeeperOffer offer);
}
