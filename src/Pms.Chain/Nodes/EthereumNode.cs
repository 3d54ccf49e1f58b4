using System.Globalization;
using System.Numerics;
using System.Text.Json.Nodes;
using Pms.Chain.Contracts;

namespace Pms.Chain.Nodes;

/// <summary>A block's place in the chain.</summary>
/// <param name="Number">height</param>
/// <param name="Hash">0x, 32 bytes</param>
/// <param name="ParentHash">of the block before</param>
/// <param name="Timestamp">seconds since 1970, UTC</param>
/// <param name="BaseFeePerGas">wei</param>
public sealed record BlockRef(ulong Number, string Hash, string ParentHash, ulong Timestamp, BigInteger BaseFeePerGas);

/// <summary>What became of a transaction.</summary>
/// <param name="Hash">of the transaction</param>
/// <param name="BlockNumber">height</param>
/// <param name="BlockHash">of its block: a reorganisation changes it</param>
/// <param name="Succeeded">false: it was included and reverted</param>
/// <param name="GasUsed">gas</param>
/// <param name="EffectiveGasPrice">wei</param>
/// <param name="ContractAddress">of a deployment</param>
public sealed record TransactionReceipt(string Hash, ulong BlockNumber, string BlockHash, bool Succeeded, ulong GasUsed, BigInteger EffectiveGasPrice, string? ContractAddress);

/// <summary>One decoded event.</summary>
/// <param name="Address">contract</param>
/// <param name="Event">name</param>
/// <param name="Args">by name; integers are decimal texts</param>
/// <param name="BlockNumber">height</param>
/// <param name="BlockHash">of the block</param>
/// <param name="TransactionHash">of the transaction</param>
/// <param name="LogIndex">place in the block</param>
public sealed record ChainLog(string Address, string Event, JsonObject Args, ulong BlockNumber, string BlockHash, string TransactionHash, int LogIndex);

/// <summary>A signed transaction that may be sent, again and again, without happening twice.</summary>
public sealed record SignedTransaction(string Raw, string Hash, string From);

/// <summary>One of many calls.</summary>
/// <param name="Contract">where</param>
/// <param name="Function">name; overloads are not supported</param>
/// <param name="Args">in order</param>
public sealed record ContractCall(DeployedContract Contract, string Function, JsonArray Args);

/// <summary>An Ethereum node by URL. Integers go in and come out as decimal texts inside JSON arguments.</summary>
/// <param name="host">of the script</param>
/// <param name="url">JSON-RPC over HTTP</param>
public sealed class EthereumNode(ScriptHost host, string url)
{
    public string Url { get; } = url;

    /// <summary>Calls of <see cref="CallManyAsync"/> that are under way at once; at least 1.</summary>
    public int CallsAtOnce { get; init; } = 512;

    public async Task<ulong> ChainIdAsync(CancellationToken cancel) => ULong((await InvokeAsync("chainInfo", [], cancel).ConfigureAwait(false))!["chainId"]);

    /// <summary>A block; null where the chain has none of that number.</summary>
    public async Task<BlockRef?> BlockAsync(ulong number, CancellationToken cancel) => BlockOf(await InvokeAsync("block", new JsonObject { ["number"] = Text(number) }, cancel).ConfigureAwait(false));

    /// <summary>The newest block.</summary>
    public async Task<BlockRef> LatestAsync(CancellationToken cancel) => BlockOf(await InvokeAsync("block", new JsonObject { ["tag"] = "latest" }, cancel).ConfigureAwait(false))!;

    /// <summary>Calls a function without a transaction.</summary>
    /// <param name="contract">where</param>
    /// <param name="function">name; overloads are not supported</param>
    /// <param name="args">in order</param>
    /// <param name="cancel">gives up</param>
    /// <param name="block">height whose state is read; null: the newest</param>
    /// <param name="from">caller; null: none</param>
    /// <returns>outputs in order; structs are objects</returns>
    /// <exception cref="RevertException">the contract refused</exception>
    public async Task<JsonArray> CallAsync(DeployedContract contract, string function, JsonArray args, CancellationToken cancel, ulong? block = null, string? from = null)
    {
        var request = new JsonObject { ["to"] = contract.Address, ["abi"] = contract.Artifact.Abi.DeepClone(), ["name"] = function, ["args"] = args };
        if (block is { } height)
        {
            request["block"] = Text(height);
        }

        if (from is not null)
        {
            request["from"] = from;
        }

        var answer = (await InvokeAsync("call", request, cancel).ConfigureAwait(false))!;
        ThrowIfReverted(function, answer);
        return answer["result"]!.AsArray();
    }

    /// <summary>Calls many functions without a transaction, in few HTTP requests, never more than <see cref="CallsAtOnce"/> at a time.</summary>
    /// <param name="calls">any number</param>
    /// <param name="cancel">gives up</param>
    /// <param name="block">height whose state is read; null: the newest, which may move on while many calls are made</param>
    /// <returns>outputs of each call, in order</returns>
    /// <exception cref="RevertException">a contract refused</exception>
    public async Task<IReadOnlyList<JsonArray>> CallManyAsync(IReadOnlyCollection<ContractCall> calls, CancellationToken cancel, ulong? block = null)
    {
        ArgumentNullException.ThrowIfNull(calls);
        var answers = new List<JsonArray>(calls.Count);
        foreach (var chunk in calls.Chunk(CallsAtOnce))
        {
            DeployedContract[] contracts = [.. chunk.Select(c => c.Contract).Distinct()];
            var request = new JsonObject
            {
                ["contracts"] = new JsonArray([.. contracts.Select(c => (JsonNode)new JsonObject { ["to"] = c.Address, ["abi"] = c.Artifact.Abi.DeepClone() })]),
                ["calls"] = new JsonArray([.. chunk.Select(c => (JsonNode)new JsonObject { ["contract"] = Array.IndexOf(contracts, c.Contract), ["name"] = c.Function, ["args"] = c.Args })]),
            };
            if (block is { } height)
            {
                request["block"] = Text(height);
            }

            foreach (var (call, answer) in chunk.Zip((await InvokeAsync("calls", request, cancel).ConfigureAwait(false))!.AsArray()))
            {
                ThrowIfReverted(call.Function, answer!);
                answers.Add(answer!["result"]!.AsArray());
            }
        }

        return answers;
    }

    /// <summary>ABI bytes of a call.</summary>
    public async Task<string> EncodeCallAsync(ContractArtifact artifact, string function, JsonArray args, CancellationToken cancel) =>
        (string)(await host.InvokeAsync("encodeCall", new JsonObject { ["abi"] = artifact.Abi.DeepClone(), ["name"] = function, ["args"] = args }, cancel).ConfigureAwait(false))!;

    /// <summary>Creation code with its arguments.</summary>
    public async Task<string> EncodeDeployAsync(ContractArtifact artifact, JsonArray args, CancellationToken cancel) =>
        (string)(await host.InvokeAsync("encodeDeploy", new JsonObject { ["abi"] = artifact.Abi.DeepClone(), ["bytecode"] = artifact.Bytecode, ["args"] = args }, cancel).ConfigureAwait(false))!;

    /// <summary>Gas that a transaction needs now.</summary>
    /// <exception cref="RevertException">it would be refused</exception>
    public async Task<ulong> EstimateAsync(string from, string? to, string data, ContractArtifact? artifact, CancellationToken cancel)
    {
        var request = new JsonObject { ["from"] = from, ["data"] = data };
        if (to is not null)
        {
            request["to"] = to;
        }

        if (artifact is not null)
        {
            request["abi"] = artifact.Abi.DeepClone();
        }

        var answer = (await InvokeAsync("estimate", request, cancel).ConfigureAwait(false))!;
        ThrowIfReverted(to is null ? "deployment" : "transaction", answer);
        return ULong(answer["gas"]);
    }

    public async Task<SignedTransaction> SignTransactionAsync(string keyFile, JsonObject transaction, CancellationToken cancel)
    {
        transaction["keyFile"] = keyFile;
        var answer = (await host.InvokeAsync("signTransaction", transaction, cancel).ConfigureAwait(false))!;
        return new SignedTransaction((string)answer["raw"]!, (string)answer["hash"]!, (string)answer["from"]!);
    }

    /// <summary>Sends a signed transaction.</summary>
    /// <returns>null: the node has it; else why it does not want it (nonce-too-low, underpriced, insufficient-funds)</returns>
    public async Task<string?> SendRawAsync(string raw, CancellationToken cancel) =>
        (string?)(await InvokeAsync("sendRaw", new JsonObject { ["raw"] = raw }, cancel).ConfigureAwait(false))!["refused"];

    /// <summary>Receipt; null while the transaction is in no block.</summary>
    public async Task<TransactionReceipt?> ReceiptAsync(string hash, CancellationToken cancel)
    {
        var r = await InvokeAsync("receipt", new JsonObject { ["hash"] = hash }, cancel).ConfigureAwait(false);
        return r is null ? null : new TransactionReceipt(
            (string)r["hash"]!, ULong(r["blockNumber"]), (string)r["blockHash"]!, (string?)r["status"] == "success", ULong(r["gasUsed"]), Big(r["effectiveGasPrice"]), (string?)r["contractAddress"]);
    }

    /// <summary>Transactions that an address has in blocks, or also in the pool.</summary>
    public async Task<ulong> NonceAsync(string address, bool pending, CancellationToken cancel) =>
        ULong(await InvokeAsync("nonce", new JsonObject { ["address"] = address, ["tag"] = pending ? "pending" : "latest" }, cancel).ConfigureAwait(false));

    /// <summary>Base fees of past blocks, the next one's last, and the tips paid at some percentiles. Wei.</summary>
    public async Task<(BigInteger[] BaseFees, BigInteger[][] Tips)> FeeHistoryAsync(int blocks, double[] percentiles, CancellationToken cancel)
    {
        var answer = (await InvokeAsync("feeHistory", new JsonObject { ["blocks"] = blocks, ["percentiles"] = new JsonArray([.. percentiles.Select(p => (JsonNode)p)]) }, cancel).ConfigureAwait(false))!;
        return (
            [.. answer["baseFeePerGas"]!.AsArray().Select(Big)],
            [.. (answer["reward"]?.AsArray() ?? []).Select(b => b!.AsArray().Select(Big).ToArray())]);
    }

    /// <summary>Events of some contracts, both heights included; events that no artifact names are left out.</summary>
    public async Task<IReadOnlyList<ChainLog>> LogsAsync(IReadOnlyCollection<DeployedContract> contracts, ulong from, ulong to, CancellationToken cancel)
    {
        var abi = contracts.First().Artifact.With(contracts.Skip(1).Select(c => c.Artifact)).Abi;
        var answer = await InvokeAsync(
            "logs",
            new JsonObject { ["addresses"] = new JsonArray([.. contracts.Select(c => (JsonNode)c.Address)]), ["fromBlock"] = Text(from), ["toBlock"] = Text(to), ["abi"] = abi },
            cancel).ConfigureAwait(false);
        return [.. answer!.AsArray().Select(l => new ChainLog(
            (string)l!["address"]!, (string)l["event"]!, l["args"] as JsonObject ?? [], ULong(l["blockNumber"]), (string)l["blockHash"]!, (string)l["transactionHash"]!, (int)ULong(l["logIndex"])))];
    }

    /// <summary>Any method of the node, for local chains.</summary>
    public Task<JsonNode?> RpcAsync(string method, JsonArray parameters, CancellationToken cancel) => InvokeAsync("rpc", new JsonObject { ["method"] = method, ["params"] = parameters }, cancel);

    internal static ulong ULong(JsonNode? value) => ulong.Parse(value!.ToString(), CultureInfo.InvariantCulture);

    internal static BigInteger Big(JsonNode? value) => BigInteger.Parse(value!.ToString(), CultureInfo.InvariantCulture);

    internal static string Text(ulong value) => value.ToString(CultureInfo.InvariantCulture);

    private static BlockRef? BlockOf(JsonNode? b) =>
        b is null ? null : new BlockRef(ULong(b["number"]), (string)b["hash"]!, (string)b["parentHash"]!, ULong(b["timestamp"]), Big(b["baseFeePerGas"]));

    private static void ThrowIfReverted(string function, JsonNode answer)
    {
        if (answer["revert"] is { } revert)
        {
            throw new RevertException(function, (string)revert["name"]!, revert["args"]!.ToJsonString());
        }
    }

    private async Task<JsonNode?> InvokeAsync(string operation, JsonObject request, CancellationToken cancel)
    {
        request["url"] = Url;
        try
        {
            return await host.InvokeAsync(operation, request, cancel).ConfigureAwait(false);
        }
        catch (ChainException e) when (e.Code == "chain-unreachable")
        {
            throw new ChainException(e.Code, $"the chain at {Url} does not answer ({operation}): a node must listen there; pms chain up starts a local one", e);
        }
    }
}
