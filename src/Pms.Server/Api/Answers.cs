using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Pms.Documents;
using Pms.Primitives;
using Pms.Server.Epochs;

namespace Pms.Server.Api;

/// <summary>What endpoints share: the epoch that is answered from, and how documents are written.</summary>
internal static class Answers
{
    /// <summary>The newest epoch, while margins are answered at all.</summary>
    /// <exception cref="InvalidInputException"><c>halted</c></exception>
    public static RiskEpoch Epoch(RiskLoop loop)
    {
        var status = loop.Status;
        return status.State != OperatingState.Halt && loop.Current is { } epoch
            ? epoch
            : throw new InvalidInputException("halted", $"no margins are answered: {string.Join("; ", status.Reasons.Select(r => r.Message))}");
    }

    /// <exception cref="InvalidInputException"><c>account-missing</c>; the account's own refusal</exception>
    public static AccountMargin Account(RiskEpoch epoch, string id) => epoch.Find(id)
        ?? throw new InvalidInputException("account-missing", $"epoch {epoch.Number} has no account '{PrintableText.Of(id)}'");

    /// <summary>An account that has a margin.</summary>
    /// <exception cref="InvalidInputException"><c>account-missing</c>; the account's own refusal</exception>
    public static AccountMargin Valued(RiskEpoch epoch, string id)
    {
        var account = Account(epoch, id);
        return account.Result is not null ? account : throw account.Refusal!.ToException();
    }

    /// <summary>To the byte what the command line prints.</summary>
    public static IResult AsCommandLine<T>(T document)
    {
        using var bytes = new MemoryStream();
        JsonSerializer.Serialize(bytes, document, DocumentJson.Options);
        bytes.WriteByte((byte)'\n');
        return Results.Bytes(bytes.ToArray(), "application/json");
    }
}
