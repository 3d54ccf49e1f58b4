using System.CommandLine;
using System.Text.Json.Nodes;
using Pms.Attestation.Wire;
using Pms.Chain.Nodes;
using Pms.Chain.Transactions;
using Pms.Cli.Commands;
using Pms.Cli.Output;
using Pms.Primitives;

namespace Pms.Cli.Onchain;

/// <summary>The flags by which a command finds a deployment and who pays, and what they open.</summary>
internal sealed class OnchainFlags
{
    public Option<string?> Folder { get; } = ChainCommand.Folder();

    public Option<string> Url { get; } = ChainCommand.Url();

    public Option<string> Key { get; } = new("--key") { Description = "who signs and pays: a name in the folder's keys, or a file", DefaultValueFactory = _ => "deployer" };

    public Option<bool> Yes { get; } = new("--yes") { Description = "send; without it gas is estimated and only what would be sent is shown", Arity = ArgumentArity.Zero };

    /// <summary>Flags of a command that reads.</summary>
    public Symbol[] Reading => [Folder, Url];

    /// <summary>Flags of a command that may send.</summary>
    public Symbol[] Sending => [Folder, Url, Key, Yes];

    /// <exception cref="PmsException"><c>file-not-found</c>, <c>deployment-file</c>, <c>chain-unreachable</c>; <c>chain-mismatch</c>: the deployment is of another chain</exception>
    public async Task<OnchainSession> OpenAsync(CommandContext context, CancellationToken cancel)
    {
        var workspace = ChainWorkspace.Find(context.Get(Folder));
        var contracts = workspace.ReadDeployment();
        var house = HouseConfiguration.Read(workspace.House);
        var host = workspace.NewHost();
        try
        {
            var node = new EthereumNode(host, context.Get(Url)!);
            var chainId = await node.ChainIdAsync(cancel).ConfigureAwait(false);
            return chainId == contracts.Addresses.ChainId
                ? new OnchainSession(workspace, host, new ChainParts(node, new KeyFiles(host), contracts, house))
                : throw new ChainException("chain-mismatch", $"{node.Url} is chain {chainId}; {workspace.Deployment} is of chain {contracts.Addresses.ChainId}");
        }
        catch
        {
            await host.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Sends calls one after the other, or shows them and what the first takes.</summary>
    /// <param name="context">output</param>
    /// <param name="session">chain</param>
    /// <param name="what">for people</param>
    /// <param name="calls">in order</param>
    /// <param name="facts">more fields of the answer; null: none</param>
    /// <param name="cancel">gives up between two transactions</param>
    /// <param name="after">told of the last receipt, for fields that only the chain knows</param>
    public async Task<int> SpendAsync(
        CommandContext context,
        OnchainSession session,
        string what,
        IReadOnlyList<ContractCall> calls,
        JsonObject? facts,
        CancellationToken cancel,
        Func<TransactionReceipt, JsonObject, Task>? after = null)
    {
        using var sender = session.NewSender(context.Get(Key)!);
        var document = new JsonObject { ["from"] = await sender.AddressAsync(cancel).ConfigureAwait(false) };
        foreach (var (name, value) in facts ?? [])
        {
            document[name] = value?.DeepClone();
        }

        var steps = new JsonArray();
        if (!context.Get(Yes))
        {
            document.Insert(0, "dryRun", true);
            foreach (var (call, place) in calls.Select((c, i) => (c, i)))
            {
                // What a later call takes depends on the ones before it.
                var (data, gas) = place == 0
                    ? await sender.EstimateAsync(call, cancel).ConfigureAwait(false)
                    : (await session.Chain.Node.EncodeCallAsync(call.Contract.Artifact, call.Function, (JsonArray)call.Args.DeepClone(), cancel).ConfigureAwait(false), (ulong?)null);
                steps.Add(new JsonObject { ["to"] = call.Contract.Address, ["function"] = call.Function, ["gas"] = gas is { } g ? JsonValue.Create(g) : null, ["data"] = data });
            }

            document["calls"] = steps;
            return Show(context, document, $"dry run: would {what}: {string.Join(", ", calls.Select(c => c.Function))}, {steps[0]!["gas"]} gas for the first; --yes sends");
        }

        TransactionReceipt? receipt = null;
        foreach (var call in calls)
        {
            receipt = await sender.SendAsync(call, cancel).ConfigureAwait(false);
            steps.Add(new JsonObject { ["function"] = call.Function, ["hash"] = receipt.Hash, ["block"] = receipt.BlockNumber, ["gasUsed"] = receipt.GasUsed });
        }

        document["transactions"] = steps;
        if (after is not null)
        {
            await after(receipt!, document).ConfigureAwait(false);
        }

        return Show(context, document, $"{what}: done in block {receipt!.BlockNumber}, {steps.Sum(s => (long)(ulong)s!["gasUsed"]!)} gas");
    }

    /// <summary>Prints a document, or its one line for people.</summary>
    public static int Show(CommandContext context, JsonObject document, string text)
    {
        if (context.Json)
        {
            JsonOutput.Write(document);
        }
        else
        {
            Console.WriteLine(text);
        }

        return ExitCode.Ok;
    }
}

/// <summary>A deployment, opened.</summary>
internal sealed class OnchainSession(ChainWorkspace workspace, ScriptHost host, ChainParts chain) : IAsyncDisposable
{
    public ChainWorkspace Workspace => workspace;

    public ChainParts Chain => chain;

    /// <summary>Of the gateway, for other nodes.</summary>
    public ScriptHost Host => host;

    public TransactionSender NewSender(string key) => new(chain.Node, chain.Keys, workspace.Key(key), TimeProvider.System);

    public ValueTask DisposeAsync() => host.DisposeAsync();
}
