using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Pms.Documents;
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
        api.MapPut("/accounts/{id}", SetAsync).WithSummary("Replaces an account's holdings").RequireWriting();
        api.MapDelete("/accounts/{id}", Remove).WithSummary("Takes an account out").RequireWriting();
    }

    private async Task<IResult> SetAsync(string id, HttpRequest request)
    {
        var key = Key(request);
        var account = await AskEndpoints.ReadAccountAsync(request, id, loop.Current).ConfigureAwait(false);
        return Receipt(id, Change(id, account, key));
    }

    private IResult Remove(string id, HttpRequest request) => Receipt(id, Change(id, null, Key(request)));

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

    private static IResult Receipt(string id, RecordReceipt receipt) => Results.Json(new ChangeReceipt(receipt.Sequence, receipt.Hash.ToString(), id), DocumentJson.Compact);

    private static string Key(HttpRequest request)
    {
        var key = request.Headers[KeyHeader].ToString();
        return key.Length is > 0 and <= LongestKey && key.All(c => c is > ' ' and < (char)127)
            ? key
            : throw new InvalidInputException("idempotency-key-missing", $"the header {KeyHeader} has {key.Length} characters: 1 to {LongestKey} visible ones are required, new for every change");
    }
}
