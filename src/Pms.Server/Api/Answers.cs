using Pms.Primitives;
using Pms.Server.Epochs;

namespace Pms.Server.Api;

/// <summary>What endpoints share: the epoch that is answered from, and its accounts.</summary>
internal static class Answers
{
    /// <summary>The newest epoch, while margins are answered at all.</summary>
    /// <param name="loop">that makes them</param>
    /// <param name="wanted">number that the caller saw; null: whichever is the newest</param>
    /// <exception cref="InvalidInputException"><c>halted</c>; <c>epoch-gone</c>: a newer one has taken the wanted one's place; <c>epoch-missing</c>: it is not there yet</exception>
    public static RiskEpoch Epoch(RiskLoop loop, long? wanted)
    {
        var status = loop.Status;
        if (status.State == OperatingState.Halt || loop.Current is not { } epoch)
        {
            throw new InvalidInputException("halted", $"no margins are answered: {string.Join("; ", status.Reasons.Select(r => r.Message))}");
        }

        return wanted is null || wanted == epoch.Number ? epoch
            : wanted < epoch.Number ? throw new InvalidInputException("epoch-gone", $"epoch {wanted} was asked for, and {epoch.Number} has taken its place: its board, portfolio and margins are kept (epochs, history)")
            : throw new InvalidInputException("epoch-missing", $"epoch {wanted} is not there yet: {epoch.Number} is the newest");
    }

    /// <exception cref="InvalidInputException"><c>account-missing</c></exception>
    public static AccountMargin Account(RiskEpoch epoch, string id) => epoch.Find(id)
        ?? throw new InvalidInputException("account-missing", $"epoch {epoch.Number} has no account '{PrintableText.Of(id)}'");

    /// <summary>An account that has a margin.</summary>
    /// <exception cref="InvalidInputException"><c>account-missing</c>; the account's own refusal</exception>
    public static AccountMargin Valued(RiskEpoch epoch, string id)
    {
        var account = Account(epoch, id);
        return account.Result is not null ? account : throw account.Refusal!.ToException();
    }
}
