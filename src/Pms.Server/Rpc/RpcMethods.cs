using System.Reflection;
using System.Text.Json;
using Pms.Documents;
using Pms.Primitives;
using Pms.Server.Api;

namespace Pms.Server.Rpc;

/// <summary>The methods (docs/api.md). Their results are the documents of the HTTP endpoints, made by the same code.</summary>
internal sealed class RpcMethods
{
    private static readonly RpcParam Account = new("account", "string", "id", IsRequired: true);
    private static readonly RpcParam Epoch = new("epoch", "integer", "number that the caller saw: another one is refused");
    private static readonly RpcParam Orders = new("orders", "array", "{instrument, quantity, price?}: bought positive; coins for options and linear contracts, USD for inverse futures and perpetuals", IsRequired: true);
    private static readonly RpcParam Positions = new("positions", "array", "{instrument, quantity}: long positive, units as in orders");
    private static readonly RpcParam Collateral = new("collateral", "array", "{asset, amount}: units of the asset");
    private static readonly RpcParam Key = new("idempotency_key", "string", "1 to 128 visible characters, new for every change", IsRequired: true);
    private static readonly RpcParam ChannelNames = new("channels", "array", "names of channels, at most 500", IsRequired: true);

    private readonly RpcServer _server;
    private readonly Dictionary<string, RpcMethod> _methods;

    public RpcMethods(RpcServer server, ReadEndpoints read, AskEndpoints ask, WriteEndpoints write, ChainEndpoints chain, ParameterRunEndpoint run, SolvencyEndpoints solvency)
    {
        _server = server;
        RpcMethod[] all =
        [
            Light("public/hello", "Greets, and says the server's version", [new("client_name", "string", "of the client"), new("client_version", "string", "of the client")], _ => Version()),
            Light("public/test", "A sign of life: what a test_request is answered with", [], _ => Version()),
            Light("public/get_time", "The server's clock, milliseconds since 1970, UTC", [], _ => ApiAnswer.Json(server.Loop.Time.GetUtcNow().ToUnixTimeMilliseconds())),
            Light("public/auth", "Opens what a key opens, where no header could be sent", [new("key", "string", "API key", IsRequired: true)], Authenticate),
            Light("public/set_heartbeat", "A heartbeat so often, and a test_request where the client is silent", [new("interval", "number", "seconds, from 10 to 3,600", IsRequired: true)], SetHeartbeat),
            Light("public/disable_heartbeat", "No more heartbeats", [], c => Quietly(() => c.Session.SetHeartbeat(null))),
            Light("public/subscribe", "Adds channels, each of which begins with a snapshot; all of them or none", [ChannelNames], c => ApiAnswer.Json(c.Session.Subscribe(c.Params.Texts("channels", RpcServer.MostChannels)))),
            Light("public/unsubscribe", "Takes channels away", [ChannelNames], c => ApiAnswer.Json(c.Session.Unsubscribe(c.Params.Texts("channels", RpcServer.MostChannels)))),
            Light("public/unsubscribe_all", "Takes all channels away", [], c => Quietly(() => c.Session.Unsubscribe(null))),
            Light("public/health", "GET /health", [], _ => read.Health()),
            Reading("private/get_overview", "GET /overview", [Epoch], c => read.Overview(c.Epoch)),
            Reading("private/get_accounts", "GET /accounts", [new("limit", "integer", "1 to 1,000; 50 when left out"), new("cursor", "string", "of the page before"), new("state", "string", "healthy, marginCall, liquidatable, refused"), new("q", "string", "part of a name"), new("sort", "string", "account, ratio, maintenance, excess"), Epoch],
                c => read.Accounts(c.Params.Count("limit") ?? 50, c.Params.Text("cursor"), c.Params.Text("state"), c.Params.Text("q"), c.Params.Text("sort") ?? "account", c.Epoch)),
            Reading("private/get_account", "GET /accounts/{id}", [Account, Epoch], c => read.Account(c.Account, c.Session.Address, c.Epoch)),
            Reading("private/get_margin", "GET /accounts/{id}/margin", [Account, Epoch], c => read.Margin(c.Account, c.Epoch)),
            Reading("private/get_margins", "GET /accounts/{id}/margins: what-ifs of buying and of selling",
                [Account, new("instrument", "string", "name", IsRequired: true), new("amount", "number", "above 0; units as in orders", IsRequired: true), new("price", "number", "in the contract's own unit; at the fitted value or mark when left out"), Epoch],
                c => ask.Margins(c.Account, c.Params.TextRequired("instrument"), c.Params.AmountRequired("amount"), c.Params.Amount("price"), c.Epoch)),
            Reading("private/what_if", "POST /accounts/{id}/whatif", [Account, Orders, Epoch], c => ask.WhatIf(c.Account, OrdersOf(c), c.Epoch)),
            Reading("private/simulate_portfolio", "POST /accounts/{id}/whatif where an account is named and add_positions is not false; else POST /portfolios/margin of the positions and collateral alone",
                [Account with { IsRequired = false }, new("simulated_positions", "object", "quantity by instrument: long positive, units as in orders", IsRequired: true), new("add_positions", "boolean", "to those of the account; true when left out"), Collateral, Epoch],
                c => Simulate(c, ask)),
            Reading("private/explain", "GET /accounts/{id}/explain", [Account, new("worst", "integer", "scenarios, 0 to 1,000; 20 when left out"), new("decay", "boolean", "with the coming days; false when left out"), Epoch],
                c => read.Explain(c.Account, c.Params.Count("worst") ?? 20, c.Params.Flag("decay") ?? false, c.Epoch)),
            Reading("private/get_models", "GET /accounts/{id}/models", [Account, Epoch], c => read.Models(c.Account, c.Epoch)),
            Reading("private/get_history", "GET /accounts/{id}/history", [Account, new("last", "integer", "epochs, 1 to 1,000; 200 when left out")], c => read.History(c.Account, c.Params.Count("last") ?? 200)),
            Reading("private/get_surfaces", "GET /surfaces", [Epoch], c => read.Surfaces(c.Epoch)),
            Reading("private/get_smiles", "GET /surfaces/{underlying}/smiles", [new("underlying", "string", "family", IsRequired: true), Epoch], c => read.Smiles(c.Params.TextRequired("underlying"), c.Epoch)),
            Reading("private/get_instruments", "GET /instruments", [new("underlying", "string", "family; all of them when left out"), Epoch], c => read.Instruments(c.Params.Text("underlying"), c.Epoch)),
            Reading("private/get_scenarios", "GET /scenarios", [new("worst", "integer", "scenarios, 0 to 1,000; 20 when left out"), Epoch], c => read.Scenarios(c.Params.Count("worst") ?? 20, c.Epoch)),
            Reading("private/get_params", "GET /params", [], _ => read.Parameters()),
            Reading("private/get_epochs", "GET /epochs", [new("last", "integer", "1 to 1,000; 100 when left out")], c => read.Epochs(c.Params.Count("last") ?? 100)),
            Reading("private/get_alerts", "GET /alerts", [], _ => read.Alerts()),
            Reading("private/get_records", "GET /records", [new("after", "integer", "sequence; 0 when left out"), new("limit", "integer", "1 to 1,000; 100 when left out")], c => read.Records(c.Params.Whole("after") ?? 0, c.Params.Count("limit") ?? 100)),
            Reading("private/run_params", "POST /params/run: all accounts under other risk parameters", [new("changes", "object", "sections and keys of the parameter document that differ", IsRequired: true), Epoch],
                c => run.Run(c.Params.Find("changes") ?? throw RpcParams.Refused("changes is required"), c.Epoch)),
            Reading("private/get_solvency", "GET /solvency", [Epoch], c => solvency.Now(c.Epoch)),
            Reading("private/get_solvency_history", "GET /solvency/history", [new("last", "integer", "epochs, 1 to 1,000; 200 when left out")], c => solvency.History(c.Params.Count("last") ?? 200)),
            Reading("private/solvency_what_if", "GET /solvency/whatif",
                [new("lose", "array", "accounts that default"), new("gap", "array", "coins that fall as collateral, as in STETH=0.2"), new("hours", "number", "without keepers; 0 when left out"), new("insurance", "number", "fund after, USD; as it is when left out"), new("backstop", "number", "after, USD; as it is when left out"), Epoch],
                c => solvency.WhatIf(
                    c.Params.Find("lose") is null ? null : [.. c.Params.Texts("lose", 64)],
                    c.Params.Find("gap") is null ? null : [.. c.Params.Texts("gap", 16)],
                    (double)(c.Params.Amount("hours") ?? 0),
                    c.Params.Amount("insurance"),
                    c.Params.Amount("backstop"),
                    c.Epoch)),
            Reading("private/get_chain", "GET /chain", [], _ => chain.Chain()),
            Reading("private/get_batches", "GET /batches", [new("last", "integer", "1 to 500; 100 when left out")], c => chain.Batches(c.Params.Count("last") ?? 100)),
            Reading("private/get_attestation", "GET /accounts/{id}/attestation", [Account, Epoch], c => chain.Attestation(c.Account, c.Epoch)),
            Reading("private/get_liquidations", "GET /liquidations", [], _ => chain.Liquidations()),
            Reading("private/get_keepers", "GET /keepers", [], _ => chain.Keepers()),
            Reading("private/get_governance", "GET /governance", [], _ => chain.Governance()),
            new("private/set_account", "PUT /accounts/{id}", ApiScopes.Write, [Account, Key, Positions, Collateral], c => write.Set(c.Account, HoldingsOf(c), c.Params.TextRequired("idempotency_key"))),
            new("private/remove_account", "DELETE /accounts/{id}", ApiScopes.Write, [Account, Key], c => write.Remove(c.Account, c.Params.TextRequired("idempotency_key"))),
        ];
        _methods = all.ToDictionary(m => m.Name, StringComparer.Ordinal);
        All = all;
    }

    public IReadOnlyList<RpcMethod> All { get; }

    /// <summary>Whether a message is answered at once, in its turn.</summary>
    public bool IsLight(JsonElement message) => message.ValueKind != JsonValueKind.Object
        ? message.ValueKind != JsonValueKind.Array
        : !message.TryGetProperty("method", out var name) || name.ValueKind != JsonValueKind.String || !_methods.TryGetValue(name.GetString()!, out var method) || method.IsLight;

    /// <summary>Answers one call.</summary>
    /// <exception cref="RpcException">no such method, no right to it, or its params</exception>
    /// <exception cref="PmsException">the codes of the endpoint</exception>
    public ApiAnswer Answer(RpcSession session, RpcRequest request)
    {
        if (!_methods.TryGetValue(request.Method, out var method))
        {
            throw new RpcException(RpcError.Of(RpcError.MethodNotFound, "rpc-method", $"there is no method '{PrintableText.Of(request.Method)}': /asyncapi/v1.json lists what there is"));
        }

        Require(session.Scopes, method.Scopes);
        return method.Answer(new RpcCall(session, new RpcParams(request.Params, method.ParamNames)));
    }

    /// <exception cref="RpcException">no key, or one that does not open it</exception>
    internal static void Require(ApiScopes given, ApiScopes needed)
    {
        if ((given & needed) != needed)
        {
            throw new RpcException(given == ApiScopes.None
                ? RpcError.Of(RpcError.Unauthorized, "key", "a key is required: Authorization: Bearer KEY on the upgrade, or public/auth")
                : RpcError.Of(RpcError.Forbidden, "scope", $"the key opens {given}: {needed} is required"));
        }
    }

    private static RpcMethod Light(string name, string summary, IReadOnlyList<RpcParam> parameters, Func<RpcCall, ApiAnswer> answer) => new(name, summary, ApiScopes.None, parameters, answer, IsLight: true);

    private static RpcMethod Reading(string name, string summary, IReadOnlyList<RpcParam> parameters, Func<RpcCall, ApiAnswer> answer) => new(name, summary, ApiScopes.Read, parameters, answer);

    private static ApiAnswer Version() => ApiAnswer.Json(new { version = typeof(RpcMethods).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown" });

    private static ApiAnswer Quietly(Action act)
    {
        act();
        return ApiAnswer.Json("ok");
    }

    private ApiAnswer Authenticate(RpcCall call)
    {
        var scopes = ApiKey.ScopesOf(_server.Options.Keys, $"Bearer {call.Params.TextRequired("key")}");
        if (scopes == ApiScopes.None)
        {
            throw new RpcException(RpcError.Of(RpcError.InvalidCredentials, "key", "the key is not known"));
        }

        call.Session.Scopes = scopes;
        return ApiAnswer.Json(new { scopes = Enum.GetValues<ApiScopes>().Where(s => s != ApiScopes.None && scopes.HasFlag(s)).Select(s => JsonNamingPolicy.CamelCase.ConvertName(s.ToString())) });
    }

    private ApiAnswer SetHeartbeat(RpcCall call)
    {
        var (seconds, least) = (call.Params.AmountRequired("interval"), _server.Options.LeastHeartbeatMs / 1_000m);
        if (seconds < least || seconds > 3_600)
        {
            throw RpcParams.Refused($"interval {seconds} s: {least} to 3600 s are possible");
        }

        return Quietly(() => call.Session.SetHeartbeat(TimeSpan.FromSeconds((double)seconds)));
    }

    private static WhatIfRequest? OrdersOf(RpcCall call) => call.Params.Find("orders") is { } orders
        ? new WhatIfRequest(orders.Deserialize<IReadOnlyList<WhatIfRequestOrder>>(DocumentJson.Compact)!)
        : throw RpcParams.Refused("orders is required");

    private static ApiAnswer Simulate(RpcCall call, AskEndpoints ask)
    {
        if (call.Params.Find("simulated_positions") is not { ValueKind: JsonValueKind.Object } positions)
        {
            throw RpcParams.Refused("simulated_positions is not an object of quantities by instrument");
        }

        var account = call.Params.Text("account");
        if (account is not null && call.Params.Flag("add_positions") != false)
        {
            return call.Params.Find("collateral") is null
                ? ask.WhatIf(account, new WhatIfRequest([.. positions.EnumerateObject().Select(p => new WhatIfRequestOrder(p.Name, QuantityOf(p), null))]), call.Epoch)
                : throw RpcParams.Refused("collateral is that of the account: it is given with add_positions false or without an account alone");
        }

        return ask.Portfolio(
            JsonSerializer.SerializeToElement(
                new { positions = positions.EnumerateObject().Select(p => new { instrument = p.Name, quantity = QuantityOf(p) }), collateral = call.Params.Find("collateral") ?? JsonSerializer.SerializeToElement(Array.Empty<int>()) },
                DocumentJson.Compact),
            call.Epoch);
    }

    private static decimal QuantityOf(JsonProperty position) => position.Value.ValueKind == JsonValueKind.Number && position.Value.TryGetDecimal(out var quantity)
        ? quantity
        : throw RpcParams.Refused($"the quantity of '{PrintableText.Of(position.Name)}' is not a number of 28 digits at most");

    /// <summary>The members of a PUT's body.</summary>
    private static JsonElement HoldingsOf(RpcCall call)
    {
        var members = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var name in new[] { "positions", "collateral" })
        {
            if (call.Params.Find(name) is { } value)
            {
                members.Add(name, value);
            }
        }

        return JsonSerializer.SerializeToElement(members, DocumentJson.Compact);
    }
}
