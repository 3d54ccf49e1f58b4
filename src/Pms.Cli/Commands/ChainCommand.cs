using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Pms.Attestation.Amounts;
using Pms.Attestation.Wire;
using Pms.Chain.Local;
using Pms.Chain.Nodes;
using Pms.Chain.Protocol;
using Pms.Chain.Transactions;
using Pms.Cli.Onchain;
using Pms.Cli.Output;
using Pms.Margin.Parameters;
using Pms.MarketData.Instruments;
using Pms.Primitives;

namespace Pms.Cli.Commands;

/// <summary><c>pms chain</c>: a local chain, the protocol on it, and the whole loop in one run.</summary>
internal static class ChainCommand
{
    public static Command Create() => PmsCommand.Group(
        "chain",
        "A local chain and the protocol on it: up, deploy, status, and the whole loop in one run.",
        Up(),
        Deploy(),
        Status(),
        ListInstruments(),
        Run());

    internal static Option<string?> Folder() => new("--folder") { Description = "where deployment and keys lie; default artifacts/chain" };

    internal static Option<string> Url() => new("--url") { Description = "JSON-RPC of the chain", DefaultValueFactory = _ => ChainWorkspace.DefaultUrl };

    private static Command Up()
    {
        var port = new Option<int>("--port") { Description = "on 127.0.0.1; 0: a free one", DefaultValueFactory = _ => 8545 };
        var blockSeconds = new Option<int>("--block-seconds") { Description = "time between blocks; 0: one for each transaction", DefaultValueFactory = _ => 0 };
        return PmsCommand.Create(
            "up",
            "Runs a local chain until it is stopped.",
            "pms chain up --port 8545",
            async (context, cancel) =>
            {
                var (wanted, seconds) = (context.Get(port), context.Get(blockSeconds));
                if (wanted is < 0 or > ushort.MaxValue || seconds < 0)
                {
                    throw new InvalidInputException("chain-flags", $"--port {wanted} and --block-seconds {seconds}: a port is 0 (a free one) to {ushort.MaxValue}, seconds are at least 0");
                }

                var workspace = ChainWorkspace.Find(null);
                await using var host = workspace.NewHost();
                await using var anvil = await AnvilProcess.StartAsync(workspace.Contracts, host, wanted, seconds, cancel).ConfigureAwait(false);
                if (context.Json)
                {
                    JsonOutput.Write(new { url = anvil.Url, chainId = AnvilProcess.ChainId, processId = anvil.ProcessId });
                }
                else
                {
                    Console.WriteLine($"local chain {AnvilProcess.ChainId} at {anvil.Url}; stop with Ctrl-C");
                }

                await anvil.WaitAsync(cancel).ConfigureAwait(false);
                return ExitCode.Ok;
            },
            port,
            blockSeconds);
    }

    private static Command Deploy()
    {
        var folder = Folder();
        var url = Url();
        var yes = new Option<bool>("--yes") { Description = "send the transactions; without it only what would be done is shown", Arity = ArgumentArity.Zero };
        return PmsCommand.Create(
            "deploy",
            "Puts the protocol with made-up tokens on a local chain and writes deployment.json; other chains are refused.",
            "pms chain deploy --url http://127.0.0.1:8545 --yes",
            async (context, cancel) =>
            {
                var workspace = ChainWorkspace.Find(context.Get(folder));
                await using var host = workspace.NewHost();
                var node = new EthereumNode(host, context.Get(url)!);
                var keys = new KeyFiles(host);
                var chainId = await node.ChainIdAsync(cancel).ConfigureAwait(false);
                if (chainId != AnvilProcess.ChainId)
                {
                    throw new ChainException("chain-mismatch", $"{node.Url} is chain {chainId}: made-up tokens go to {AnvilProcess.ChainId} only");
                }

                if (!context.Get(yes))
                {
                    if (context.Json)
                    {
                        JsonOutput.Write(new { dryRun = true, chainId, url = node.Url, parts = ProtocolAddresses.Order.Select(o => o.Part) });
                    }
                    else
                    {
                        Console.WriteLine($"would deploy {ProtocolAddresses.Order.Count} parts to chain {chainId} at {node.Url}; --yes sends the transactions");
                    }

                    return ExitCode.Ok;
                }

                using var sender = new TransactionSender(node, keys, workspace.EnsureDeployerKey(), TimeProvider.System);
                var attesters = await LocalAttesters.KeysAsync(workspace, keys, cancel).ConfigureAwait(false);
                var addresses = await LocalDeployment.RunAsync(
                    node, sender, workspace.Artifacts, [.. attesters.Keys.Select(m => m.ToString())], RiskParameters.Default.Hash(), null, cancel).ConfigureAwait(false);
                addresses.Write(workspace.Deployment);
                LocalMarket.House.Write(workspace.House);
                Show(context, addresses);
                return ExitCode.Ok;
            },
            folder,
            url,
            yes);
    }

    private static Command Status()
    {
        var folder = Folder();
        var url = Url();
        return PmsCommand.Create(
            "status",
            "The batch in force, the operating state, the accounts of a deployment.",
            "pms chain status --json",
            async (context, cancel) =>
            {
                var workspace = ChainWorkspace.Find(context.Get(folder));
                var contracts = workspace.ReadDeployment();
                var house = HouseConfiguration.Read(workspace.House);
                await using var host = workspace.NewHost();
                var node = new EthereumNode(host, context.Get(url)!);
                var head = await node.LatestAsync(cancel).ConfigureAwait(false);
                var current = await node.CallAsync(contracts.Registry, "current", [], cancel).ConfigureAwait(false);
                var state = (await node.CallAsync(contracts.Registry, "operatingState", [], cancel).ConfigureAwait(false))[0]!.ToString();
                var book = await new HouseReader(node, contracts, house.NewListing(), house.CoinDecimals).ReadAsync(cancel).ConfigureAwait(false);
                var insurance = new AccountNumber(ulong.Parse((await node.CallAsync(contracts.Hooks, "insuranceAccount", [], cancel).ConfigureAwait(false))[0]!.ToString(), CultureInfo.InvariantCulture));
                var insured = book.Accounts.FirstOrDefault(a => a.Number == insurance)?.Cash;
                var name = state switch { "0" => "normal", "1" => "reduce-only", _ => "halt" };
                var sequence = current[1]!.ToString();
                var hasBatch = sequence != "0";
                DateTimeOffset? TimeOf(int place) => hasBatch ? At(ulong.Parse(current[place]!.ToString(), CultureInfo.InvariantCulture)) : null;
                if (context.Json)
                {
                    JsonOutput.Write(new
                    {
                        block = head.Number,
                        timestamp = At(head.Timestamp),
                        state = name,
                        batchSequence = sequence,
                        batchHash = hasBatch ? current[0]!.ToString() : null,
                        observedAt = TimeOf(2),
                        validUntil = TimeOf(3),
                        accounts = book.Accounts.Length,
                        legs = book.Accounts.Sum(a => a.Legs.Length),
                        waitingDebtWad = $"{book.WaitingDebt}",
                        insuranceAccount = insured is null ? null : $"{insurance}",
                        insuranceWad = insured is { } wad ? $"{wad}" : null,
                    });
                }
                else
                {
                    var batch = hasBatch ? $"batch {sequence} of {TimeOf(2)!.Value.ToIso()}, valid until {TimeOf(3)!.Value.ToIso()}" : "no batch yet, so nothing that needs margin is allowed";
                    Console.WriteLine($"block {head.Number} of {At(head.Timestamp).ToIso()}, {name}; {batch}; {book.Accounts.Length} accounts, {book.Accounts.Sum(a => a.Legs.Length)} legs; "
                        + $"{AccountText.Usd(book.WaitingDebt)} USD of debt wait for insurance, which {(insured is { } has ? $"has {AccountText.Usd(has)} USD" : "has no account")}");
                }

                return ExitCode.Ok;
            },
            folder,
            url);
    }

    private static Command ListInstruments()
    {
        var flags = new OnchainFlags();
        var names = new Argument<string[]>("INSTRUMENT") { Description = "names, as in BTC_USDC-27MAR26-100000-C or BTC_USDC-PERPETUAL", Arity = ArgumentArity.OneOrMore };
        return PmsCommand.Create(
            "list",
            "Lists contracts of the house's underlyings, so that they can be traded; listing one again does nothing.",
            "pms chain list BTC_USDC-PERPETUAL --yes",
            async (context, cancel) =>
            {
                await using var session = await flags.OpenAsync(context, cancel).ConfigureAwait(false);
                var listing = session.Chain.House.NewListing();
                var terms = context.Get(names)!.Select(n => listing.TermsOf(DeribitNames.Parse(n))).ToArray();
                return await flags.SpendAsync(
                    context,
                    session,
                    $"list {string.Join(", ", context.Get(names)!)}",
                    [.. terms.Select(t => HouseCalls.List(session.Chain.Contracts, t))],
                    new JsonObject { ["instruments"] = MessageJson.List(terms, t => $"{t.Id()}") },
                    cancel).ConfigureAwait(false);
            },
            [names, .. flags.Sending]);
    }

    private static Command Run()
    {
        var seed = new Option<ulong>("--seed") { Description = "of the simulated market and the scenarios", DefaultValueFactory = _ => 7 };
        var folder = Folder();
        return PmsCommand.Create(
            "run",
            "The loop on a local chain of its own: board, margins, four attesters, batch, a trade that passes, one that is refused, a price move, a margin call, a liquidation for which two keepers compete.",
            "pms chain run --seed 7",
            async (context, cancel) =>
            {
                var steps = new List<LocalStep>();
                var run = new LocalRun(ChainWorkspace.Find(context.Get(folder)), context.Get(seed), step =>
                {
                    steps.Add(step);
                    if (!context.Json)
                    {
                        Console.WriteLine(step.GasUsed is { } gas ? $"{step.Text}   [{gas:n0} gas]" : step.Text);
                    }
                });
                await run.RunAsync(cancel).ConfigureAwait(false);
                if (context.Json)
                {
                    JsonOutput.Write(new { steps });
                }

                return ExitCode.Ok;
            },
            seed,
            folder);
    }

    private static DateTimeOffset At(ulong seconds) => DateTimeOffset.FromUnixTimeSeconds((long)seconds);

    private static void Show(CommandContext context, ProtocolAddresses addresses)
    {
        if (context.Json)
        {
            JsonOutput.Write(addresses);
            return;
        }

        foreach (var (part, address) in addresses.Parts)
        {
            Console.WriteLine($"{part,-14} {address}");
        }
    }
}
