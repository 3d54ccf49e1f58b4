namespace Pms.Server.Epochs;

/// <summary>Where an account stands.</summary>
public enum AccountState
{
    /// <summary>At or above its initial margin.</summary>
    Healthy,

    /// <summary>Below initial, at or above maintenance margin.</summary>
    MarginCall,

    /// <summary>Below maintenance margin.</summary>
    Liquidatable,

    /// <summary>No margin could be computed.</summary>
    Refused,
}

/// <summary>States from margins.</summary>
public static class AccountStates
{
    public static AccountState Of(AccountMargin margin)
    {
        ArgumentNullException.ThrowIfNull(margin);
        return margin.Result is not { } result ? AccountState.Refused
            : result.Excess < 0 ? AccountState.Liquidatable
            : result.Available < 0 ? AccountState.MarginCall
            : AccountState.Healthy;
    }

    public static string NameOf(AccountState state) => state switch
    {
        AccountState.Healthy => "healthy",
        AccountState.MarginCall => "marginCall",
        AccountState.Liquidatable => "liquidatable",
        _ => "refused",
    };
}
