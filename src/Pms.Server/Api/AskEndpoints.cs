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
        api.MapPost("/accounts/{id}/whatif", WhatIfAsync).WithSummary("The document of pms whatif --json").TakesBody<WhatIfRequest>().Answers<WhatIfDocument>();
        api.MapPost("/portfolios/margin", PortfolioAsync).WithSummary("The document of pms margin --json of holdings that are not kept").TakesBody<HoldingsRequest>().Answers<MarginDocument>();
        api.MapGet("/accounts/{id}/margins", Margins).WithSummary("What-ifs of buying and of selling so much of one contract").Answers<OrderMargins>();
    }

    /// <summary>Margin of a kept account before and after orders.</summary>
    internal ApiAnswer WhatIf(string id, WhatIfRequest? body, long? epoch)
    {
        Order[] orders = OrdersOf(body);
        var newest = Answers.Epoch(loop, epoch);
        return ApiAnswer.AsCommandLine(WhatIf(newest, id, orders), newest);
    }

    /// <summary>What an account would have to hold after buying, and after selling, so much of a contract.</summary>
    /// <param name="id">account</param>
    /// <param name="instrument">name</param>
    /// <param name="amount">above 0; coins for options and linear contracts, USD for inverse futures and perpetuals</param>
    /// <param name="price">in the contract's own unit; null: at the fitted value or mark</param>
    /// <param name="epoch">number that the caller saw; null: whichever is the newest</param>
    internal ApiAnswer Margins(string id, string instrument, decimal amount, decimal? price = null, long? epoch = null)
    {
        if (amount <= 0)
        {
            throw new InvalidInputException("order-format", $"amount {amount}: above 0 is required, as both sides are answered");
        }

        var newest = Answers.Epoch(loop, epoch);
        var (buy, sell) = (OrderOf(new WhatIfRequestOrder(instrument, amount, price)), OrderOf(new WhatIfRequestOrder(instrument, -amount, price)));
        return ApiAnswer.Json(new OrderMargins(id, buy.Instrument.Name, amount, price, WhatIf(newest, id, [buy]), WhatIf(newest, id, [sell])), newest);
    }

    /// <summary>Margin of holdings that nobody keeps.</summary>
    /// <param name="body"><c>{"positions":[…],"collateral":[…]}</c></param>
    /// <param name="epoch">number that the caller saw; null: whichever is the newest</param>
    internal ApiAnswer Portfolio(JsonElement body, long? epoch)
    {
        var newest = Answers.Epoch(loop, epoch);
        var account = ReadAccount(body, Asked, newest);
        var margin = newest.Margin.With(account.Positions.Select(p => p.Instrument), account.Collateral.Select(c => c.Asset));
        return ApiAnswer.AsCommandLine(MarginDocument.Of(margin, [], [margin.Engine.Evaluate(account, newest.Context)]), newest);
    }

    private async Task<ApiAnswer> WhatIfAsync(string id, HttpRequest request, long? epoch = null) => WhatIf(
        id,
        await JsonSerializer.DeserializeAsync<WhatIfRequest>(request.Body, DocumentJson.Compact, request.HttpContext.RequestAborted).ConfigureAwait(false),
        epoch);

    private async Task<ApiAnswer> PortfolioAsync(HttpRequest request, long? epoch = null)
    {
        using var body = await BodyAsync(request).ConfigureAwait(false);
        return Portfolio(body.RootElement, epoch);
    }

    private WhatIfDocument WhatIf(RiskEpoch epoch, string id, Order[] orders)
    {
        var (margin, whatIf) = epoch.WhatIf(Answers.Valued(epoch, id).Account, orders);
        var document = WhatIfDocument.Of(margin, whatIf);
        var raises = whatIf.After.Maintenance > whatIf.Before.Maintenance;
        return loop.Status.State == OperatingState.ReduceOnly && raises ? document with { Sufficient = false } : document;
    }

    private static Order[] OrdersOf(WhatIfRequest? body) => body is null
        ? throw new InvalidInputException("json-shape", "the body is the JSON value null; an object with orders is expected")
        : body.Orders is null || body.Orders.Count is 0 or > MostOrders
            ? throw new InvalidInputException("order-count", $"{body.Orders?.Count ?? 0} orders: 1 to {MostOrders} are required")
            : [.. body.Orders.Select(OrderOf)];

    internal static Task<JsonDocument> BodyAsync(HttpRequest request) =>
        JsonDocument.ParseAsync(request.Body, new JsonDocumentOptions { MaxDepth = 8 }, request.HttpContext.RequestAborted);

    /// <summary>Holdings as one account of a portfolio file.</summary>
    /// <param name="body"><c>{"positions":[…],"collateral":[…]}</c></param>
    /// <param name="id">of the account</param>
    /// <param name="epoch">whose market converts other units; null: they are refused</param>
    internal static Account ReadAccount(JsonElement body, string id, RiskEpoch? epoch)
    {
        if (body.ValueKind != JsonValueKind.Object)
        {
            throw new InvalidInputException("json-shape", $"the body is a JSON {body.ValueKind}: an object with positions and collateral is expected");
        }

        using var portfolio = new MemoryStream();
        using (var writer = new Utf8JsonWriter(portfolio))
        {
            writer.WriteStartObject();
            writer.WriteStartArray("accounts");
            writer.WriteStartObject();
            writer.WriteString("id", id);
            foreach (var member in body.EnumerateObject())
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
