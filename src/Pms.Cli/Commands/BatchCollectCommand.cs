using System.CommandLine;
using Pms.Attestation.Aggregation;
using Pms.Chain.Protocol;
using Pms.Cli.Onchain;

namespace Pms.Cli.Commands;

/// <summary><c>pms batch collect</c>: asks attesters over HTTP and keeps what verifies.</summary>
internal static class BatchCollectCommand
{
    public static Command Create()
    {
        var flags = new OnchainFlags();
        var input = PmsCommand.InputArgument("BATCH.json", "batch file");
        var asking = new AskingFlags();
        var output = new Option<string>("-o", "--output") { Description = "batch file with the signatures", Required = true };
        return PmsCommand.Create(
            "collect",
            "Asks attesters for their signatures until there is a quorum; exit code 5 where there is none.",
            "pms batch collect batch.json --attester http://127.0.0.1:9001 --attester http://127.0.0.1:9002 -o signed.json",
            async (context, cancel) =>
            {
                var (urls, patience) = asking.Read(context);
                var document = BatchFiles.Read(context.Require(input));
                await using var session = await flags.OpenAsync(context, cancel).ConfigureAwait(false);
                var set = await new RegistryReader(session.Chain.Node, session.Chain.Contracts).SetAsync(document.Header.SetId, cancel).ConfigureAwait(false);
                var verifier = new KeyVerifier(session.Chain.Keys);
                var known = await SignatureReport.OfAsync(document.Digest, set, document.Signatures, verifier, cancel).ConfigureAwait(false);
                using var reached = await AttesterUrls.ConnectAsync(urls, patience, cancel).ConfigureAwait(false);
                var collector = new QuorumCollector(verifier, TimeProvider.System, patience);
                var collected = await collector.CollectAsync<ProposedBatch>(document.Digest, set, reached.Clients, document.Proposed, known.Good, (_, _) => { }, cancel).ConfigureAwait(false);
                var signed = document with { Signatures = document.Signatures.Clear().AddRange(collected.Signatures) };
                var path = context.Get(output)!;
                BatchFiles.Write(path, signed);
                var hasQuorum = collected.Signatures.Count >= set.Quorum;
                var json = BatchFiles.Summary(signed, path);
                json["hasQuorum"] = hasQuorum;
                json["refusals"] = reached.RefusalsOf(collected);
                OnchainFlags.Show(
                    context,
                    json,
                    $"batch {document.Header.Sequence}: {collected.Signatures.Count} of {set.Quorum} signatures that are needed{string.Concat(collected.Refusals.Select(r => $"\n  {r.Attester}: {r.Reason}"))}{string.Concat(reached.Missing.Select(m => $"\n  {m.Url}: {m.Reason}"))}");
                return hasQuorum ? ExitCode.Ok : ExitCode.VerificationFailed;
            },
            [input, .. asking.All, output, .. flags.Reading]);
    }
}
