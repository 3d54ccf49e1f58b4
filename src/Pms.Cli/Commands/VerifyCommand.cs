using System.CommandLine;
using System.Text.Json.Nodes;
using Pms.Cli.Proofs;
using Pms.Prover.Documents;

namespace Pms.Cli.Commands;

/// <summary><c>pms verify</c>: whether a proof holds, and what it says.</summary>
internal static class VerifyCommand
{
    public static Command Create()
    {
        var flags = new ProofFlags();
        var input = PmsCommand.InputArgument("PROOF.json", "proof file of pms prove");
        return PmsCommand.Create(
            "verify",
            "Verifies a proof against this project's own circuit and key. Ends with 5 where it does not hold.",
            "pms verify proof.json",
            async (context, cancel) =>
            {
                var proof = ProofDocument.Read(System.Text.Encoding.UTF8.GetString(CommandContext.ReadInput(context.Require(input))));
                var holds = await flags.Maker(context).VerifyAsync(proof, cancel).ConfigureAwait(false);
                if (context.Json)
                {
                    Output.JsonOutput.Write(new JsonObject
                    {
                        ["holds"] = holds,
                        ["circuit"] = proof.Instance.Name,
                        ["development"] = proof.IsDevelopment,
                        ["publicInputs"] = new JsonObject(proof.Public.Select(p => KeyValuePair.Create(p.Name, (JsonNode?)p.Value.ToString()))),
                    });
                }
                else
                {
                    foreach (var (name, value) in proof.Public)
                    {
                        Console.Out.WriteLine($"{name,-14} {value}");
                    }

                    Console.Out.WriteLine(holds ? $"the proof of {proof.Instance.Name} holds{(proof.IsDevelopment ? ", under the development key: it convinces nobody else" : "")}" : $"the proof of {proof.Instance.Name} does not hold");
                }

                return holds ? ExitCode.Ok : ExitCode.VerificationFailed;
            },
            [input, .. flags.All]);
    }
}
