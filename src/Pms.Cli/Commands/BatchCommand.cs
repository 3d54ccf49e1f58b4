using System.CommandLine;
using System.Text.Json.Nodes;
using Pms.Attestation.Amounts;
using Pms.Attestation.Batches;
using Pms.Attestation.Encoding;
using Pms.Attestation.Messages;
using Pms.Attestation.Wire;
using Pms.Chain.Protocol;
using Pms.Cli.Onchain;
using Pms.Primitives;

namespace Pms.Cli.Commands;

/// <summary><c>pms batch</c>: the commitment to all margins of an epoch, from its making to the chain.</summary>
internal static class BatchCommand
{
    public static Command Create() => PmsCommand.Group(
        "batch", "The commitment to all margins of one moment: build it, verify it, gather signatures, submit it.", Build(), BatchVerifyCommand.Create(), BatchCollectCommand.Create(), Submit());

    private static Command Build()
    {
        var flags = new OnchainFlags();
        var inputs = new BatchInputs();
        var board = new Option<string?>("--board") { Description = "file of market data (docs/formats.md); - reads standard input" };
        var at = new BoardSource().At;
        var sequence = new Option<ulong?>("--sequence") { Description = "of the batch; default: the one after the chain's last" };
        var block = new Option<ulong?>("--block") { Description = "height whose book is margined; default: the newest" };
        var setId = new Option<ulong>("--set-id") { Description = "attester set, with --portfolio; the chain says it otherwise", DefaultValueFactory = _ => 1 };
        var output = new Option<string?>("-o", "--output") { Description = "batch file to write; without it the document goes to standard output" };
        return PmsCommand.Create(
            "build",
            "Margins the chain's book, or a portfolio file, on a board and writes header, leaves, rows and the board to one file.",
            "pms batch build --board board.csv.gz -o batch.json",
            async (context, cancel) =>
            {
                var path = context.Get(board) ?? throw new InvalidInputException("no-input", "--board is needed");
                var seconds = inputs.Seconds(context);
                var parameters = inputs.ReadParameters(context);
                var snapshot = BoardSource.Read(path, BoardSource.ParseInstant(context.Get(at))).Snapshot;
                BatchDocument document;
                if (context.Get(inputs.Portfolio) is { } portfolio)
                {
                    if (path == "-" && portfolio == "-")
                    {
                        throw new InvalidInputException("flags-conflict", "--board and --portfolio cannot both read standard input");
                    }

                    var (book, listing) = BatchInputs.ReadPortfolio(portfolio, context.Get(flags.Folder), new BlockNumber(context.Get(block) ?? 0));
                    var terms = new BatchTerms(new SetId(context.Get(setId)), new BatchSequence(context.Get(sequence) ?? 1), seconds);
                    // No registry stands behind it, so no signature of it counts anywhere.
                    document = BatchDocument.Of(
                        Eip712Domain.OfAttestations(new ChainId(Chain.Local.AnvilProcess.ChainId), default), BatchInputs.Epochs(listing, parameters).BatchOf(snapshot, book, terms), SnapshotBytes.Write(snapshot));
                }
                else
                {
                    context.Refuse("the chain says which set is in force", setId);
                    await using var session = await flags.OpenAsync(context, cancel).ConfigureAwait(false);
                    document = await OfChainAsync(session, snapshot, parameters, context.Get(sequence), context.Get(block), seconds, cancel).ConfigureAwait(false);
                }

                return Write(context, document, context.Get(output));
            },
            [board, at, inputs.Parameters, inputs.Portfolio, inputs.ValidSeconds, sequence, block, setId, output, .. flags.Reading]);
    }

    private static async Task<BatchDocument> OfChainAsync(
        OnchainSession session, MarketData.Snapshots.MarketSnapshot snapshot, Margin.Parameters.RiskParameters parameters, ulong? sequence, ulong? block, ulong seconds, CancellationToken cancel)
    {
        var state = await new RegistryReader(session.Chain.Node, session.Chain.Contracts).ReadAsync(cancel).ConfigureAwait(false);
        if (state.ParameterHash != parameters.Hash())
        {
            throw new InvalidInputException("policy-parameters", $"the chain has parameters {state.ParameterHash} in force; these are {parameters.Hash()}: --params says which to compute with");
        }

        var (reader, listing) = session.Chain.NewReader();
        var book = block is not { } height ? await reader.ReadAsync(cancel).ConfigureAwait(false) : await reader.ReadAtAsync(new BlockNumber(height), cancel).ConfigureAwait(false)
            ?? throw new InvalidInputException("book-block", $"there is no block {height} yet; the newest is {state.Head}");
        var terms = new BatchTerms(state.Set.Id, sequence is { } wanted ? new BatchSequence(wanted) : state.LastSequence.Next(), seconds);
        return BatchDocument.Of(Eip712Domain.OfAttestations(state.Chain, state.Registry), BatchInputs.Epochs(listing, parameters).BatchOf(snapshot, book, terms), SnapshotBytes.Write(snapshot));
    }

    private static int Write(CommandContext context, BatchDocument document, string? path)
    {
        if (path is null)
        {
            using var stdout = Console.OpenStandardOutput();
            stdout.Write(document.Write());
            stdout.WriteByte((byte)'\n');
            return ExitCode.Ok;
        }

        BatchFiles.Write(path, document);
        return OnchainFlags.Show(
            context,
            BatchFiles.Summary(document, path),
            $"batch {document.Header.Sequence} of block {document.Header.BookBlock}: {document.Leaves.Length} accounts, {document.Refused.Length} without a leaf, {document.Rows.Length} contracts; digest {document.Digest}; written to {path}");
    }

    private static Command Submit()
    {
        var flags = new OnchainFlags();
        var input = PmsCommand.InputArgument("BATCH.json", "batch file with the signatures of a quorum");
        return PmsCommand.Create(
            "submit",
            "Brings a signed batch to the registry.",
            "pms batch submit batch.json --yes",
            async (context, cancel) =>
            {
                var document = BatchFiles.Read(context.Require(input));
                await using var session = await flags.OpenAsync(context, cancel).ConfigureAwait(false);
                var chain = session.Chain;
                if (document.Domain != Eip712Domain.OfAttestations(new ChainId(chain.Contracts.Addresses.ChainId), EvmAddress.Parse(chain.Contracts.Registry.Address)))
                {
                    throw new InvalidInputException(
                        "policy-chain", $"the batch is for chain {document.Domain.Chain} and {document.Domain.Contract}; the deployment is chain {chain.Contracts.Addresses.ChainId} and {chain.Contracts.Registry.Address}");
                }

                var set = await new RegistryReader(chain.Node, chain.Contracts).SetAsync(document.Header.SetId, cancel).ConfigureAwait(false);
                var report = await Attestation.Aggregation.SignatureReport.OfAsync(document.Digest, set, document.Signatures, new KeyVerifier(chain.Keys), cancel).ConfigureAwait(false);
                var proof = QuorumProof.Of(set, report.Good);
                return await flags.SpendAsync(
                    context,
                    session,
                    $"submit batch {document.Header.Sequence}",
                    [RegistrySubmitter.CallOf(chain.Contracts, document.Header, document.Prices, proof)],
                    new JsonObject { ["sequence"] = $"{document.Header.Sequence}", ["batchHash"] = $"{document.Header.StructHash()}", ["signers"] = MessageJson.List(report.Good.Keys.Order(), s => $"{s}") },
                    cancel).ConfigureAwait(false);
            },
            [input, .. flags.Sending]);
    }
}
