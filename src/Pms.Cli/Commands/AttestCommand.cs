using System.CommandLine;
using System.Net;
using System.Text.Json.Nodes;
using Pms.Attestation.Amounts;
using Pms.Attestation.Attesters;
using Pms.Attestation.Encoding;
using Pms.Attestation.Wire;
using Pms.Attester;
using Pms.Chain.Nodes;
using Pms.Cli.Onchain;
using Pms.Cli.Output;
using Pms.Primitives;

namespace Pms.Cli.Commands;

/// <summary><c>pms attest</c>: keys of attesters, one signature by hand, and the attester as a host.</summary>
internal static class AttestCommand
{
    public static Command Create() => PmsCommand.Group(
        "attest", "An attester: its key, a signature by hand, and the host that answers aggregators.", PmsCommand.Group("keys", "Keys in files that only their owner can read.", MakeKey(), ShowKey()), Sign(), Serve());

    private static Command MakeKey() => KeyCommand("make", "Makes a key in a new file, in a process of its own; an existing file is never overwritten.", (keys, path, cancel) => keys.CreateAsync(path, cancel));

    private static Command ShowKey() => KeyCommand("show", "The address of a key. The key itself is never printed.", (keys, path, cancel) => keys.AddressAsync(path, cancel));

    private static Command KeyCommand(string verb, string description, Func<KeyFiles, string, CancellationToken, Task<string>> run)
    {
        var folder = ChainCommand.Folder();
        var name = new Argument<string>("NAME") { Description = "a name in the folder's keys, or a file" };
        return PmsCommand.Create(
            verb,
            description,
            $"pms attest keys {verb} attester-1",
            async (context, cancel) =>
            {
                var workspace = ChainWorkspace.Find(context.Get(folder));
                var path = workspace.Key(context.Require(name));
                await using var host = workspace.NewHost();
                var address = await run(new KeyFiles(host), path, cancel).ConfigureAwait(false);
                return OnchainFlags.Show(context, new JsonObject { ["address"] = address, ["path"] = path }, $"{address}  {path}");
            },
            name,
            folder);
    }

    private static Command Sign()
    {
        var flags = new OnchainFlags();
        var attester = new AttesterFlags();
        var input = PmsCommand.InputArgument("BATCH.json", "batch file to judge");
        var output = new Option<string?>("-o", "--output") { Description = "batch file with the signature added" };
        return PmsCommand.Create(
            "sign",
            "Computes a batch anew from its own market and chain and signs it, once; exit code 5 with the reason where it refuses.",
            "pms attest sign batch.json --key attester-1 --market board.csv.gz -o signed.json",
            async (context, cancel) =>
            {
                var document = BatchFiles.Read(context.Require(input));
                await using var session = await flags.OpenAsync(context, cancel).ConfigureAwait(false);
                using var open = await attester.StartAsync(context, session, context.Get(flags.Key)!, cancel).ConfigureAwait(false);
                var answer = await open.Node.AttestAsync(new BatchProposal(SnapshotBytes.Read(document.Board), document.Header), cancel).ConfigureAwait(false);
                if (answer.Refusal is { } refusal)
                {
                    return context.Fail(refusal.Code, refusal.Message, ExitCode.VerificationFailed);
                }

                var signature = answer.Signature!.Value;
                if (context.Get(output) is { } path)
                {
                    BatchFiles.Write(path, document with { Signatures = document.Signatures.SetItem(open.Node.Address, signature) });
                }

                return OnchainFlags.Show(
                    context,
                    new JsonObject { ["sequence"] = $"{document.Header.Sequence}", ["digest"] = $"{document.Digest}", ["signer"] = $"{open.Node.Address}", ["signature"] = $"{signature}" },
                    $"batch {document.Header.Sequence} signed by {open.Node.Address}: {signature}");
            },
            [input, output, flags.Folder, flags.Url, flags.Key, .. attester.All]);
    }

    private static Command Serve()
    {
        var flags = new OnchainFlags();
        var attester = new AttesterFlags();
        var listen = new Option<string>("--listen") { Description = "address and port; port 0: a free one", DefaultValueFactory = _ => "127.0.0.1:0" };
        return PmsCommand.Create(
            "serve",
            "Answers aggregators over HTTP until it is stopped: POST /v1/batches and /v1/clearances, GET /v1/health.",
            "pms attest serve --key attester-1 --market board.csv.gz --listen 127.0.0.1:9001",
            async (context, cancel) =>
            {
                if (!IPEndPoint.TryParse(context.Get(listen)!, out var end) || !context.Get(listen)!.Contains(':', StringComparison.Ordinal))
                {
                    throw new InvalidInputException("attester-listen", $"--listen '{PrintableText.Of(context.Get(listen)!)}' is no address and port, as in 127.0.0.1:9001");
                }

                await using var session = await flags.OpenAsync(context, cancel).ConfigureAwait(false);
                using var open = await attester.StartAsync(context, session, context.Get(flags.Key)!, cancel).ConfigureAwait(false);
                await using var host = await AttesterHost.StartAsync(
                    open.Node, new AttesterHostOptions { Address = end.Address, Port = end.Port }, e => Console.Error.WriteLine($"{e.Path} {e.Status} {e.Code} {e.Milliseconds} ms"), cancel).ConfigureAwait(false);
                if (context.Json)
                {
                    JsonOutput.WriteLine(new { url = host.Url, signer = $"{open.Node.Address}" });
                }
                else
                {
                    Console.WriteLine($"{open.Node.Address} listens at {host.Url}; stop with Ctrl-C");
                }

                await host.WaitAsync(cancel).ConfigureAwait(false);
                return ExitCode.Ok;
            },
            [listen, flags.Folder, flags.Url, flags.Key, .. attester.All]);
    }
}

/// <summary>What one attester signs at all, as flags.</summary>
internal sealed class AttesterFlags
{
    private readonly BatchInputs _inputs = new();
    private readonly Option<string?> _market = new("--market") { Description = "file that the attester's own feeds keep up to date; its last board is the market" };
    private readonly Option<string?> _store = new("--store") { Description = "of what was signed, without ending; default: stores/REGISTRY/ADDRESS in the folder, on a local chain stores/GENESIS/ADDRESS" };
    private readonly Option<ulong> _clearance = new("--clearance-seconds") { Description = "longest life of a clearance", DefaultValueFactory = _ => 45 };
    private readonly Option<ulong> _age = new("--most-age-seconds") { Description = "oldest market that is signed, and most between the two markets' moments", DefaultValueFactory = _ => 30 };

    public Symbol[] All => [_market, _store, _inputs.Parameters, _inputs.ValidSeconds, _clearance, _age];

    /// <exception cref="PmsException"><c>no-input</c>, and codes of keys, stores and chain</exception>
    public async Task<OpenAttester> StartAsync(CommandContext context, OnchainSession session, string key, CancellationToken cancel)
    {
        var market = context.Get(_market) ?? throw new InvalidInputException("no-input", "--market is needed: an attester judges by its own market");
        var chain = session.Chain;
        var registry = EvmAddress.Parse(chain.Contracts.Registry.Address);
        var policy = new AttesterPolicy
        {
            Chain = new ChainId(chain.Contracts.Addresses.ChainId),
            Registry = registry,
            BatchSeconds = _inputs.Seconds(context),
            ClearanceSeconds = context.Get(_clearance),
            CoinDecimals = chain.House.CoinDecimals,
            MostAgeSeconds = context.Get(_age),
            Bands = MarketBands.Default with { AgeSeconds = context.Get(_age) },
        };
        var keyFile = session.Workspace.Key(key);
        var stores = policy.Chain.Value == Chain.Local.AnvilProcess.ChainId
            ? await session.Workspace.LocalStoresAsync(chain.Node, cancel).ConfigureAwait(false)
            : Path.Combine(session.Workspace.Folder, "stores", $"{registry}");
        var store = context.Get(_store) ?? Path.Combine(stores, await chain.Keys.AddressAsync(keyFile, cancel).ConfigureAwait(false));
        return await OpenAttester.StartAsync(chain, keyFile, store, policy, _inputs.ReadParameters(context), new FileMarketView(market), TimeProvider.System, cancel).ConfigureAwait(false);
    }
}
