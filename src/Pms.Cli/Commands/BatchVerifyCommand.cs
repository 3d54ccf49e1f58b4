using System.Collections.Immutable;
using System.CommandLine;
using System.Text.Json.Nodes;
using Pms.Attestation.Aggregation;
using Pms.Attestation.Amounts;
using Pms.Attestation.Attesters;
using Pms.Attestation.Batches;
using Pms.Attestation.Encoding;
using Pms.Attestation.Messages;
using Pms.Attestation.Wire;
using Pms.Chain.Nodes;
using Pms.Chain.Protocol;
using Pms.Cli.Onchain;
using Pms.Primitives;

namespace Pms.Cli.Commands;

/// <summary><c>pms batch verify</c>: everything of a batch computed anew, and every signature held against the set.</summary>
internal static class BatchVerifyCommand
{
    public static Command Create()
    {
        var flags = new OnchainFlags();
        var inputs = new BatchInputs();
        var input = PmsCommand.InputArgument("BATCH.json", "batch file");
        var board = new Option<string?>("--board") { Description = "own board to compute from; default: the one in the file" };
        var at = new BoardSource().At;
        var attesters = new Option<string?>("--attesters") { Description = "set whose signatures count, as {\"setId\",\"members\":[...]}; default: the chain's" };
        return PmsCommand.Create(
            "verify",
            "Computes a batch anew from its inputs; exit code 5 on the first field that differs, or a signature that is not what it says.",
            "pms batch verify batch.json",
            async (context, cancel) =>
            {
                BatchDocument document;
                try
                {
                    document = BatchFiles.Read(context.Require(input));
                }
                catch (InvalidInputException e) when (e.Code == "batch-file")
                {
                    return context.Fail(e.Code, e.Message, ExitCode.VerificationFailed);
                }

                var parameters = inputs.ReadParameters(context);
                var snapshot = context.Get(board) is { } path ? BoardSource.Read(path, BoardSource.ParseInstant(context.Get(at))).Snapshot : SnapshotBytes.Read(document.Board);
                var portfolio = context.Get(inputs.Portfolio);
                await using var session = portfolio is null || (context.Get(attesters) is null && !document.Signatures.IsEmpty) ? await flags.OpenAsync(context, cancel).ConfigureAwait(false) : null;
                var (book, listing) = portfolio is null
                    ? await BookOfAsync(session!, document, cancel).ConfigureAwait(false)
                    : BatchInputs.ReadPortfolio(portfolio, context.Get(flags.Folder), document.Header.BookBlock);
                var terms = new BatchTerms(document.Header.SetId, document.Header.Sequence, inputs.Seconds(context));
                var own = BatchInputs.Epochs(listing, parameters).BatchOf(snapshot, book, terms);
                var difference = BatchComparison.FirstDifference(document.Header, own.Header);
                var report = await SignaturesAsync(context, context.Get(attesters), session, document, cancel).ConfigureAwait(false);
                return Tell(context, document, difference, report);
            },
            [input, board, at, inputs.Parameters, inputs.Portfolio, inputs.ValidSeconds, attesters, .. flags.Reading]);
    }

    private static async Task<(HouseBook Book, HouseListing Listing)> BookOfAsync(OnchainSession session, BatchDocument document, CancellationToken cancel)
    {
        var (reader, listing) = session.Chain.NewReader();
        var book = await reader.ReadAtAsync(document.Header.BookBlock, cancel).ConfigureAwait(false)
            ?? throw new InvalidInputException("book-block", $"the chain at {session.Chain.Node.Url} has no block {document.Header.BookBlock} yet");
        return (book, listing);
    }

    private static async Task<SignatureReport?> SignaturesAsync(CommandContext context, string? path, OnchainSession? session, BatchDocument document, CancellationToken cancel)
    {
        if (path is null && session is null)
        {
            return null;
        }

        await using var own = session is null ? ChainWorkspace.Find(null).NewHost() : null;
        var keys = session?.Chain.Keys ?? new KeyFiles(own!);
        var set = path is not null ? ReadSet(path) : await new RegistryReader(session!.Chain.Node, session.Chain.Contracts).SetAsync(document.Header.SetId, cancel).ConfigureAwait(false);
        return await SignatureReport.OfAsync(document.Digest, set, document.Signatures, new KeyVerifier(keys), cancel).ConfigureAwait(false);
    }

    private static AttesterSet ReadSet(string path)
    {
        var f = JsonFields.Parse(CommandContext.ReadInput(path));
        var set = new AttesterSet(new SetId(f.Whole<ulong>("setId")), [.. f.Texts("members", AttesterSet.MostMembers, EvmAddress.Parse)]);
        f.End();
        return set;
    }

    private static int Tell(CommandContext context, BatchDocument document, FieldDifference? difference, SignatureReport? report)
    {
        var isSetOther = report is not null && report.Set.Id != document.Header.SetId;
        var isVerified = difference is null && report?.FirstWrong is null && !isSetOther;
        var json = new JsonObject
        {
            ["sequence"] = $"{document.Header.Sequence}",
            ["digest"] = $"{document.Digest}",
            ["verified"] = isVerified,
            ["firstDifference"] = difference is null ? null : new JsonObject { ["field"] = difference.Field, ["given"] = difference.Proposed, ["recomputed"] = difference.Own },
            ["signatures"] = report is null ? null : MessageJson.List(report.Checked, c => new JsonObject { ["signer"] = $"{c.Signer}", ["isMember"] = c.IsMember, ["isValid"] = c.IsValid }),
            ["quorum"] = report is null ? null : new JsonObject { ["setId"] = $"{report.Set.Id}", ["members"] = report.Set.Members.Length, ["needed"] = report.Set.Quorum, ["valid"] = report.Good.Count, ["reached"] = report.HasQuorum },
        };
        foreach (var name in json.Where(p => p.Value is null).Select(p => p.Key).ToImmutableArray())
        {
            json.Remove(name);
        }

        var text = difference is not null ? $"batch {document.Header.Sequence} is not what its inputs give: {difference.ToRefusal().Message}"
            : isSetOther ? $"batch {document.Header.Sequence} is for set {document.Header.SetId}, the signatures were held against set {report!.Set.Id}"
            : report?.FirstWrong is { } wrong ? $"the signature of {wrong.Signer} {(wrong.IsMember ? "is not by it" : "is by no member of the set")}"
            : $"batch {document.Header.Sequence} is what its inputs give; {(report is null ? "no signatures were looked at" : $"{report.Good.Count} of {report.Set.Quorum} signatures that are needed")}";
        OnchainFlags.Show(context, json, text);
        return isVerified ? ExitCode.Ok : ExitCode.VerificationFailed;
    }
}
