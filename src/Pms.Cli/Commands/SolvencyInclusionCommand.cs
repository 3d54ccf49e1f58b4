using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Pms.Attestation.Encoding;
using Pms.Cli.Proofs;
using Pms.Primitives;
using Pms.Prover.Documents;

namespace Pms.Cli.Commands;

/// <summary><c>pms solvency check-inclusion</c>: an owner's own look at a proof of solvency.</summary>
internal static class SolvencyInclusionCommand
{
    public static Command Create()
    {
        var flags = new ProofFlags();
        var input = PmsCommand.InputArgument("INCLUSION.json", "an account's inclusion document (pms prove solvency --inclusions)");
        var proof = new Option<string?>("--proof") { Description = "the proof file that everybody has" };
        var number = new Option<ulong?>("--number") { Description = "the account's number on the chain: it must be the document's" };
        var hash = new Option<string?>("--positions-hash") { Description = "of the account's book on the chain at the batch's block: it must be the document's" };
        var equity = new Option<decimal?>("--equity") { Description = "USD that the account was worth: the document must not say another amount, to the cent" };
        return PmsCommand.Create(
            "check-inclusion",
            "Whether an account is in a proof of solvency, with its own positions and equity. Ends with 5 where it is not, or where the proof does not hold.",
            "pms solvency check-inclusion inclusion-7.json --proof proof.json --equity 1250.00",
            async (context, cancel) =>
            {
                var inclusion = Inclusion.Read(System.Text.Encoding.UTF8.GetString(CommandContext.ReadInput(context.Require(input))));
                var document = ProofDocument.Read(await File.ReadAllTextAsync(context.Get(proof) ?? throw new InvalidInputException("no-input", "--proof is needed"), cancel).ConfigureAwait(false));
                var faults = new List<string>();
                if (document.Instance.Circuit is not ("solvency" or "solvency-settle"))
                {
                    throw new InvalidInputException("proof-format", $"a proof of {document.Instance.Name} says nothing of the solvency of all accounts");
                }

                var shape = document.Instance.Shape;
                if (inclusion.Positions != shape.Positions || inclusion.Path.Sides.Length != shape.AccountDepth)
                {
                    faults.Add($"the account has room for {inclusion.Positions} positions in a tree of depth {inclusion.Path.Sides.Length}, the proof's for {shape.Positions} in one of {shape.AccountDepth}");
                }

                if (context.Get(number) is { } own && own != inclusion.Account.Number)
                {
                    faults.Add(string.Create(CultureInfo.InvariantCulture, $"the document is of account {inclusion.Account.Number}, not {own}"));
                }

                if (inclusion.Root != document["accountsRoot"])
                {
                    faults.Add($"the account leads to {inclusion.Root}, the proof is of {document["accountsRoot"]}");
                }

                if (context.Get(hash) is { } expected && KeccakHash.Parse(expected) != inclusion.Account.PositionsHash)
                {
                    faults.Add($"the book has the hash {inclusion.Account.PositionsHash}, not {expected}");
                }

                if (context.Get(equity) is { } usd && Math.Abs((inclusion.Account.Equity / 1e6m) - usd) >= 0.01m)
                {
                    faults.Add(string.Create(CultureInfo.InvariantCulture, $"the account counts {inclusion.Account.Equity / 1e6m} USD, not {usd}"));
                }

                if (!await flags.Maker(context).VerifyAsync(document, cancel).ConfigureAwait(false))
                {
                    faults.Add("the proof does not hold");
                }

                if (context.Json)
                {
                    Output.JsonOutput.Write(new JsonObject
                    {
                        ["included"] = faults.Count == 0,
                        ["account"] = inclusion.Account.Number.ToString(CultureInfo.InvariantCulture),
                        ["equityUsd"] = inclusion.Account.Equity / 1e6m,
                        ["holdings"] = inclusion.Account.Holdings.Length,
                        ["accountsRoot"] = document["accountsRoot"].ToString(),
                        ["development"] = document.IsDevelopment,
                        ["faults"] = new JsonArray([.. faults.Select(f => (JsonNode)f)]),
                    });
                }
                else
                {
                    Console.Out.WriteLine(
                        faults.Count == 0
                            ? string.Create(CultureInfo.InvariantCulture, $"account {inclusion.Account.Number} is in the proof, with {inclusion.Account.Holdings.Length} contracts and {inclusion.Account.Equity / 1e6m:N2} USD{(document.IsDevelopment ? "; the proof was made under the development key: it convinces nobody else" : "")}")
                            : string.Join(Environment.NewLine, faults));
                }

                return faults.Count == 0 ? ExitCode.Ok : ExitCode.VerificationFailed;
            },
            [input, proof, number, hash, equity, .. flags.All]);
    }
}
