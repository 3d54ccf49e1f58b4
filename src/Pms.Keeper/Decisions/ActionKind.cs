namespace Pms.Keeper.Decisions;

/// <summary>What a keeper may do.</summary>
public enum ActionKind
{
    /// <summary>Takes an account below its requirement under liquidation.</summary>
    Start,

    /// <summary>Puts cash into an account for a share of it.</summary>
    Share,

    /// <summary>Takes a whole account that is worth nothing any more.</summary>
    TakeOver,

    /// <summary>Writes an own share out into legs, coins and cash.</summary>
    Divide,

    /// <summary>Ends an auction that is needed no longer, or marks an account as worth nothing.</summary>
    End,

    /// <summary>Starts an auction anew whose terms have run out, with the governed numbers of now.</summary>
    Restart,
}
