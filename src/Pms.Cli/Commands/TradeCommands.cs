using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Pms.Attestation.Amounts;
using Pms.Attestation.Encoding;
using Pms.Attestation.Messages;
using Pms.Attestation.Wire;
using Pms.Chain.Nodes;
using Pms.Chain.Protocol;
using Pms.Cli.Onchain;
using Pms.MarketData.Instruments;
using Pms.Primitives;

namespace Pms.Cli.Commands;

/// <summary><c>pms account order</c> and <c>trade</c>: a wish, signed, and two of them that meet.</summary>
internal static class TradeCommands
{
    public static Command Order()
    {
        var flags = new OnchainFlags();
        var account = new Option<ulong>("--account") { Description = "number of the account", Required = true };
        var instrument = new Option<string>("--instrument") { Description = "contract by name, as in BTC_USDC-PERPETUAL", Required = true };
        var quantity = new Option<string>("--quantity") { Description = "units of the contract; below 0 sells", Required = true };
        var limit = new Option<string>("--limit") { Description = "worst price, USD a unit", Required = true };
        var expiry = new Option<string>("--expiry") { Description = "last second, ISO 8601", Required = true };
        var nonce = new Option<ulong>("--nonce") { Description = "tells equal orders apart; one nonce fills one order", Required = true };
        var matcher = new Option<string?>("--matcher") { Description = "who alone may match it; default: anyone" };
        var output = new Option<string?>("-o", "--output") { Description = "order file to write; without it the document goes to standard output" };
        return PmsCommand.Create(
            "order",
            "Signs an order with the key of the account's owner, or of a signer it has approved. No chain is asked.",
            "pms account order --account 1 --instrument BTC_USDC-PERPETUAL --quantity 0.5 --limit 90000 --expiry 2027-01-15T21:00:00Z --nonce 1 --key trader -o buy.json",
            async (context, cancel) =>
            {
                var size = QuantityWad.Of(Decimal(context.Get(quantity)!, "--quantity", "quantity-wad"));
                if (size.Units == 0)
                {
                    throw new InvalidInputException("quantity-wad", "--quantity 0: an order buys or sells something");
                }

                var worst = UnitPriceWad.Of(Decimal(context.Get(limit)!, "--limit", "price-wad"));
                var until = UnixSeconds.Floor(Instant(context.Get(expiry)!));
                var workspace = ChainWorkspace.Find(context.Get(flags.Folder));
                var addresses = workspace.ReadDeployment().Addresses;
                var order = new Order
                {
                    Account = new AccountNumber(context.Get(account)),
                    Instrument = HouseConfiguration.Read(workspace.House).NewListing().TermsOf(DeribitNames.Parse(context.Get(instrument)!)).Id(),
                    Quantity = size,
                    LimitPrice = worst,
                    Expiry = until,
                    Nonce = context.Get(nonce),
                    Matcher = context.Get(matcher) is { } who ? EvmAddress.Parse(who) : default,
                };
                var domain = Eip712Domain.OfOrders(new ChainId(addresses.ChainId), EvmAddress.Parse(addresses.Parts["House"]));
                await using var host = workspace.NewHost();
                var signer = await KeySigner.OpenAsync(new KeyFiles(host), workspace.Key(context.Get(flags.Key)!), cancel).ConfigureAwait(false);
                var document = new OrderDocument(domain, order, signer.Address, await signer.SignAsync(domain.DigestOf(order), cancel).ConfigureAwait(false));
                if (context.Get(output) is not { } path)
                {
                    using var stdout = Console.OpenStandardOutput();
                    stdout.Write(document.Write());
                    stdout.WriteByte((byte)'\n');
                    return ExitCode.Ok;
                }

                var aside = $"{path}.new";
                await File.WriteAllBytesAsync(aside, document.Write(), cancel).ConfigureAwait(false);
                File.Move(aside, path, overwrite: true);
                var json = document.ToJson();
                json.Insert(0, "path", path);
                return OnchainFlags.Show(context, json, $"order of account {order.Account}, {context.Get(quantity)} {context.Get(instrument)} at {context.Get(limit)} USD or better, signed by {signer.Address}; written to {path}");
            },
            [account, instrument, quantity, limit, expiry, nonce, matcher, output, flags.Folder, flags.Key]);
    }

    public static Command Trade()
    {
        var flags = new OnchainFlags();
        var request = new ClearanceRequest();
        var buyFile = PmsCommand.InputArgument("BUY.json", "signed order with a quantity above 0");
        var sellFile = PmsCommand.InputArgument("SELL.json", "signed order with a quantity below 0");
        var quantity = new Option<string?>("--quantity") { Description = "units of the contract; default: the smaller of the two orders" };
        var price = new Option<string?>("--price") { Description = "USD a unit, within both limits; default: the limits where they are equal" };
        var batch = new Option<string?>("--batch") { Description = "file of the current batch; - reads standard input" };
        return PmsCommand.Create(
            "trade",
            "Matches two signed orders, asks the attesters to clear the trade and brings it to the house. The attesters are asked in a dry run too; exit code 5 where a quorum does not sign.",
            "pms account trade buy.json sell.json --price 89950 --batch batch.json --attester http://127.0.0.1:9001 --attester http://127.0.0.1:9002 --attester http://127.0.0.1:9003 --yes",
            async (context, cancel) =>
            {
                var document = BatchFiles.Read(context.Get(batch) ?? throw new InvalidInputException("no-input", "--batch with the file of the current batch is needed"));
                var (buy, sell) = (OrderDocument.Read(CommandContext.ReadInput(context.Require(buyFile))), OrderDocument.Read(CommandContext.ReadInput(context.Require(sellFile))));
                var match = MatchOf(buy.Order, sell.Order, context.Get(quantity), context.Get(price));
                await using var session = await flags.OpenAsync(context, cancel).ConfigureAwait(false);
                var chain = session.Chain;
                foreach (var order in new[] { buy, sell })
                {
                    await RequireSignedAsync(chain, order, cancel).ConfigureAwait(false);
                }

                var cleared = await request.AskAsync(context, session, document, new Trade([match]), cancel).ConfigureAwait(false);
                var facts = new JsonObject
                {
                    ["buyer"] = $"{match.Buy.Account}",
                    ["seller"] = $"{match.Sell.Account}",
                    ["instrument"] = $"{match.Buy.Instrument}",
                    ["quantityWad"] = $"{match.Quantity}",
                    ["priceWad"] = $"{match.Price}",
                };
                var what = $"trade {match.Quantity.ToDecimal()} of {match.Buy.Instrument} between accounts {match.Buy.Account} and {match.Sell.Account}";
                return await FinishAsync(
                    context, session, flags, what, facts, cleared, proof => HouseCalls.Trade(chain.Contracts, [new SignedMatch(match, $"{buy.Signature}", $"{sell.Signature}")], cleared.Clearance, proof), cancel).ConfigureAwait(false);
            },
            [buyFile, sellFile, quantity, price, batch, .. request.All, .. flags.Sending]);
    }

    /// <summary>Spends what a quorum cleared; without one shows who refused.</summary>
    public static async Task<int> FinishAsync(
        CommandContext context, OnchainSession session, OnchainFlags flags, string what, JsonObject facts, Cleared cleared, Func<QuorumProof, ContractCall> call, CancellationToken cancel,
        Func<TransactionReceipt, JsonObject, Task>? after = null)
    {
        foreach (var (name, value) in cleared.Facts)
        {
            facts[name] = value?.DeepClone();
        }

        if (cleared.Proof is { } proof)
        {
            return await flags.SpendAsync(context, session, what, [call(proof)], facts, cancel, after).ConfigureAwait(false);
        }

        OnchainFlags.Show(context, facts, $"{what}: {cleared.Text}");
        return ExitCode.VerificationFailed;
    }

    private static Match MatchOf(Order buy, Order sell, string? quantity, string? price)
    {
        if (buy.Quantity.Units <= 0 || sell.Quantity.Units >= 0 || buy.Instrument != sell.Instrument || buy.Account == sell.Account)
        {
            throw new InvalidInputException(
                "trade-invalid",
                $"account {buy.Account} orders {buy.Quantity} wad of {buy.Instrument}, account {sell.Account} {sell.Quantity} wad of {sell.Instrument}: a purchase, then a sale of the same contract by another account are required");
        }

        var most = buy.Quantity.Units < -sell.Quantity.Units ? buy.Quantity : -sell.Quantity;
        var size = quantity is null ? most : QuantityWad.Of(Decimal(quantity, "--quantity", "quantity-wad"));
        if (size.Units <= 0 || size.Units > most.Units)
        {
            throw new InvalidInputException("trade-invalid", $"--quantity {PrintableText.Of(quantity!)}: above 0 and at most {most.ToDecimal()} is possible");
        }

        var at = price is not null ? UnitPriceWad.Of(Decimal(price, "--price", "price-wad"))
            : buy.LimitPrice == sell.LimitPrice ? buy.LimitPrice
            : throw new InvalidInputException("price-missing", $"--price is needed: the buyer pays up to {buy.LimitPrice} wad, the seller takes {sell.LimitPrice} wad or more");
        return at.Units <= buy.LimitPrice.Units && at.Units >= sell.LimitPrice.Units
            ? new Match(buy, sell, size, at)
            : throw new InvalidInputException("price-limit", $"{at} wad: from {sell.LimitPrice} (seller) to {buy.LimitPrice} wad (buyer) is possible");
    }

    private static async Task RequireSignedAsync(ChainParts chain, OrderDocument order, CancellationToken cancel)
    {
        var own = Eip712Domain.OfOrders(new ChainId(chain.Contracts.Addresses.ChainId), EvmAddress.Parse(chain.Contracts.House.Address));
        if (order.Domain != own)
        {
            throw new InvalidInputException("policy-chain", $"the order of account {order.Order.Account} is for chain {order.Domain.Chain} and {order.Domain.Contract}; the deployment is chain {own.Chain} and {own.Contract}");
        }

        if (!await new KeyVerifier(chain.Keys).IsSignedByAsync(order.Digest, order.Signature, order.Signer, cancel).ConfigureAwait(false))
        {
            throw new InvalidInputException("signature-wrong", $"the order of account {order.Order.Account} is not signed by {order.Signer}");
        }
    }

    private static decimal Decimal(string text, string flag, string code) => decimal.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value)
        ? value
        : throw new InvalidInputException(code, $"{flag} '{PrintableText.Of(text)}' is no decimal number");

    private static DateTimeOffset Instant(string text) => UtcTime.TryParseIso(text, out var at)
        ? at
        : throw new InvalidInputException("time-format", $"--expiry '{PrintableText.Of(text)}' is not an ISO 8601 time, as in 2027-01-15T21:00:00Z");
}
