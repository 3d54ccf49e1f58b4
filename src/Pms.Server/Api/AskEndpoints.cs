using System.Collections.Immutable;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Pms.Documents;
using Pms.Margin.Explain;
using Pms.Margin.Portfolios;
using Pms.MarketData.Instruments;
using Pms.Primitives;
using Pms.Server.Books;
using Pms.Server.Epochs;

namespace Pms.Server.Api;

/// <summary>Margins of what is not held yet. Nothing is kept.</summary>
internal sealed class AskEndpoints(RiskLoop loop)
{
    private const int MostOrders = 64;
    private const string Asked = "asked";

    public void Map(RouteGroupBuilder api)
    {
        api.MapPost("/accounts/{id}/whatif", WhatIfAsync).WithSummary("The document of pms whatif --json");
        api.MapPost("/portfolios/margin", PortfolioAsync).WithSummary("The document of pms margin --json of holdings that are not kept");
    }

    private async Task<IResult> WhatIfAsync(string id, HttpRequest request)
    {
        var body = await JsonSerializer.DeserializeAsync<WhatIfRequest>(request.Body, DocumentJson.Compact, request.HttpContext.RequestAborted).ConfigureAwait(false)
            ?? throw new InvalidInputException("json-shape", "the body is the JSON value null; an object with orders is expected");
        if (body.Orders is null || body.Orders.Count is 0 or > MostOrders)
        {
            throw new InvalidInputException("order-count", $"{body.Orders?.Count ?? 0} orders: 1 to {MostOrders} are required");
        }

        Order[] orders = [.. body.Orders.Select(OrderOf)];
        var epoch = Answers.Epoch(loop);
        var account = Answers.Valued(epoch, id).Account;
        var (margin, whatIf) = epoch.WhatIf(account, orders);
        var document = WhatIfDocument.Of(margin, whatIf);
        var raises = whatIf.After.Maintenance > whatIf.Before.Maintenance;
        return Answers.AsCommandLine(loop.Status.State == OperatingState.ReduceOnly && raises ? document with { Sufficient = false } : document);
    }

    private async Task<IResult> PortfolioAsync(HttpRequest request)
    {
        var epoch = Answers.Epoch(loop);
        var account = await ReadAccountAsync(request, Asked, epoch).ConfigureAwait(false);
        var margin = epoch.Margin.With(account.Positions.Select(p => p.Instrument), account.Collateral.Select(c => c.Asset));
        return Answers.AsCommandLine(MarginDocument.Of(margin, [], [margin.Engine.Evaluate(account, epoch.Context)]));
    }

    /// <summary>The holdings in a body, as one account of a portfolio file.</summary>
    /// <param name="request">whose body is <c>{"positions":[…],"collateral":[…]}</c></param>
    /// <param name="id">of the account</param>
    /// <param name="epoch">whose market converts other units; null: they are refused</param>
    internal static async Task<Account> ReadAccountAsync(HttpRequest request, string id, RiskEpoch? epoch)
    {
        using var body = await JsonDocument.ParseAsync(request.Body, new JsonDocumentOptions { MaxDepth = 8 }, request.HttpContext.RequestAborted).ConfigureAwait(false);
        if (body.RootElement.ValueKind != JsonValueKind.Object)
        {
            throw new InvalidInputException("json-shape", $"the body is a JSON {body.RootElement.ValueKind}: an object with positions and collateral is expected");
        }

        using var portfolio = new MemoryStream();
        using (var writer = new Utf8JsonWriter(portfolio))
        {
            writer.WriteStartObject();
            writer.WriteStartArray("accounts");
            writer.WriteStartObject();
            writer.WriteString("id", id);
            foreach (var member in body.RootElement.EnumerateObject())
            {
                if (member.Name is not ("positions" or "collateral"))
                {
                    throw new InvalidInputException("json-shape", $"the body has '{PrintableText.Of(member.Name)}': positions and collateral are known");
                }

                member.WriteTo(writer);
            }

            writer.WriteEndObject();
            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        return RiskBook.Parse(portfolio.ToArray(), epoch is null ? null : Units(epoch));
    }

    private static PositionUnits Units(RiskEpoch epoch)
    {
        var terms = epoch.Snapshot.Boards
            .SelectMany(b => b.Expiries.SelectMany(e => e.Options).Concat(b.Linears))
            .Where(q => q.Terms?.ContractSize is not null)
            .ToDictionary(q => q.Instrument, q => q.Terms!.ContractSize);
        return new PositionUnits(epoch.Margin.Market, i => terms.GetValueOrDefault(i));
    }

    private static Order OrderOf(WhatIfRequestOrder order)
    {
        if (order.Instrument is null || order.Quantity == 0 || Math.Abs(order.Quantity) > PortfolioFile.MaxQuantity || order.Price is <= 0)
        {
            throw new InvalidInputException("order-format", $"an order of {order.Quantity} '{PrintableText.Of(order.Instrument ?? "")}' at {order.Price?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "the mark"}: a name, a quantity other than 0 within {PortfolioFile.MaxQuantity} and no price or one above 0 are required");
        }

        return new Order(DeribitNames.Parse(order.Instrument), order.Quantity, order.Price);
    }
}
