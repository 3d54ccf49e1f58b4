using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Pms.Margin.Portfolios;
using Pms.Primitives;
using Pms.Server.Chain;
using Pms.Server.Epochs;
using Pms.Server.Storage;

namespace Pms.Server.Api;

/// <summary>Changes of the book. What is answered is on the disk.</summary>
internal sealed class WriteEndpoints(RiskLoop loop, ChainLoop? chain)
{
    private const string KeyHeader = "Idempotency-Key";
    private const int LongestKey = 128;

    public void Map(RouteGroupBuilder api)
    {
        api.MapPut("/accounts/{id}", SetAsync).WithSummary("Replaces an account's holdings").TakesBody<HoldingsRequest>().Answers<ChangeReceipt>().RequireWriting();
        api.MapDelete("/accounts/{id}", RemoveAsked).WithSummary("Takes an account out").Answers<ChangeReceipt>().RequireWriting();
    }

    /// <summary>Replaces an account's holdings.</summary>
    /// <param name="id">account</param>
    /// <param name="body"><c>{"positions":[…],"collateral":[…]}</c></param>
    /// <param name="key">idempotency key</param>
    internal ApiAnswer Set(string id, JsonElement body, string key)
    {
        Require(key);
        return Receipt(id, Change(id, AskEndpoints.ReadAccount(body, id, loop.Current), key));
    }

    /// <summary>Takes an account out.</summary>
    internal ApiAnswer Remove(string id, string key)
    {
        Require(key);
        return Receipt(id, Change(id, null, key));
    }

    private async Task<ApiAnswer> SetAsync(string id, HttpRequest request)
    {
        var key = KeyOf(request);
        Require(key);
        using var body = await AskEndpoints.BodyAsync(request).ConfigureAwait(false);
        return Set(id, body.RootElement, key);
    }

    private ApiAnswer RemoveAsked(string id, HttpRequest request) => Remove(id, KeyOf(request));

    private RecordReceipt Change(string id, Account? account, string key)
    {
        var status = loop.Status;
        if (status.Reasons.Any(r => r.Code == "store-failed"))
        {
            throw new InvalidInputException("halted", "nothing is written: the database failed");
        }

        if (chain?.Owns(id) == true)
        {
            throw new InvalidInputException("account-on-chain", $"account {id} is the house's: its holdings are changed on the chain");
        }

        return loop.Change(id, account, key);
    }

    private static ApiAnswer Receipt(string id, RecordReceipt receipt) => ApiAnswer.Json(new ChangeReceipt(receipt.Sequence, receipt.Hash.ToString(), id));

    private static string KeyOf(HttpRequest request) => request.Headers[KeyHeader].ToString();

    private static void Require(string key)
    {
        if (key.Length is 0 or > LongestKey || !key.All(c => c is > ' ' and < (char)127))
        {
            throw new InvalidInputException("idempotency-key-missing", $"the idempotency key (header {KeyHeader}) has {key.Length} characters: 1 to {LongestKey} visible ones are required, new for every change");
        }
    }
}
