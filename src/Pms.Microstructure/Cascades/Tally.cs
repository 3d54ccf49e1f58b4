namespace Pms.Microstructure.Cascades;

/// <summary>What a run counts while it goes on. USD.</summary>
internal sealed class Tally
{
    /// <summary>Notional closed on behalf of accounts, by whomever.</summary>
    public double Liquidated { get; set; }

    /// <summary>Actions of keepers, and takeovers.</summary>
    public int Liquidations { get; set; }

    /// <summary>By owner.</summary>
    public SortedDictionary<int, double> ByOwner { get; } = [];

    public int HandedOver { get; set; }

    /// <summary>Of those handed over: could not pay for their closing.</summary>
    public int HandedOverPoor { get; set; }

    /// <summary>Slices that the backstop took for want of a keeper.</summary>
    public int Fallbacks { get; set; }

    /// <summary>What keepers and the backstop have paid the market beyond the marks.</summary>
    public double Slippage { get; set; }

    public double Rewards { get; set; }

    public double Gas { get; set; }

    /// <summary>What accounts owed when they were taken over or sold with a payment.</summary>
    public double BadDebt { get; set; }

    /// <summary>Paid by the fund for what accounts could not.</summary>
    public double FundPaid { get; set; }

    public double DeleveragedLoss { get; set; }

    public double DeleveragedNotional { get; set; }

    /// <summary>What had to be closed at least.</summary>
    public double DeleveragedLeast { get; set; }

    public double Socialised { get; set; }

    /// <summary>Of what was deleveraged and socialised, the makers' part.</summary>
    public double BorneByMakers { get; set; }

    /// <summary>Of what was socialised, what fell on owners without positions.</summary>
    public double SocialisedOnIdle { get; set; }

    /// <summary>Offers that nobody took because they did not pay.</summary>
    public int Unprofitable { get; set; }

    /// <summary>Minutes in which there was more to do than keepers.</summary>
    public int MinutesWithoutRoom { get; set; }

    /// <summary>Slices after which the shortfall was as large as before.</summary>
    public int ProgressBroken { get; set; }

    /// <summary>Slices not carried out because they would not have lowered the shortfall.</summary>
    public int WithoutProgress { get; set; }

    /// <summary>Most minutes with slices of one account before it was well again or taken over.</summary>
    public int MostSteps { get; set; }

    /// <summary>Largest reward as a share of the equity it was paid from.</summary>
    public double MostRewardOfEquity { get; set; }

    /// <summary>Lowest share of value that a taken bid paid for what it got; 1 where none was taken.</summary>
    public double LeastBid { get; set; } = 1;

    /// <summary>Paid out while the account had nothing left.</summary>
    public double RewardsBeyondEquity { get; set; }

    /// <summary>Steps of the waterfall in the order in which they were taken for the first time.</summary>
    public List<string> Waterfall { get; } = [];

    public void Step(string name)
    {
        if (!Waterfall.Contains(name))
        {
            Waterfall.Add(name);
        }
    }
}
