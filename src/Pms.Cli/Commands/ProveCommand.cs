using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Pms.Cli.Proofs;
using Pms.Primitives;
using Pms.Proofs.Circuits;
using Pms.Proofs.Commitments;
using Pms.Proofs.Hashing;
using Pms.Proofs.Witnesses;
using Pms.Prover.Documents;
using Pms.Prover.Keys;
using Pms.Prover.Proving;

namespace Pms.Cli.Commands;

/// <summary><c>pms prove</c>: zero-knowledge proofs of margins and of solvency.</summary>
internal static class ProveCommand
{
    public static Command Create() => PmsCommand.Group("prove", "Proofs of margins and of solvency that show no position (docs/model/proofs.md).", Margin(), Batch(), Solvency());

    private static Command Margin()
    {
        var (inputs, flags, statement) = (new MarginInputs(), new ProofFlags(), new StatementFlags("account-margin"));
        var account = new Option<string?>("--account") { Description = "whose margin" };
        return PmsCommand.Create(
            "margin",
            "Proves that an account's margin is the exact Expected Shortfall of positions that nobody sees.",
            "pms prove margin --board board.csv.gz --portfolio book.csv --account a1 -o proof.json",
            async (context, cancel) =>
            {
                var id = context.Get(account) ?? throw new InvalidInputException("no-input", "--account is needed");
                var instance = CircuitInstance.Of(context.Get(statement.Circuit)!);
                var maker = flags.Maker(context);
                var run = inputs.Read(context);
                var place = run.Portfolio.Accounts.IndexOf(run.Account(id));
                var scene = ProofScene.Of(run, instance, statement.SecretOf(context));
                var witness = AccountMarginWitness.Of(instance, statement.ContextOf(context), scene.Array, scene.Accounts, place, out var margin);
                var proof = await maker.MakeAsync(witness, ProofTarget.Chain, cancel).ConfigureAwait(false);
                return Show(
                    context, statement, proof, new JsonObject { ["account"] = id, ["opening"] = Opening(scene.Accounts[place], margin, 0, new TreePath([], [])) },
                    $"{id}: margin {Usd(margin)} USD, the mean of the {instance.Tail} worst of {instance.Scenarios} scenarios");
            },
            [.. inputs.All, account, .. statement.All, .. flags.All]);
    }

    private static Command Batch()
    {
        var (inputs, flags, statement) = (new MarginInputs(), new ProofFlags(), new StatementFlags("margin-batch"));
        var batch = new Option<int>("--batch") { Description = "which run of accounts: 0 is the first, as many as the circuit has", DefaultValueFactory = _ => 0 };
        return PmsCommand.Create(
            "batch",
            "Proves the margins of many accounts at once; each can be opened from the proof's margin root.",
            "pms prove batch --board board.csv.gz --portfolio book.csv -o proof.json",
            async (context, cancel) =>
            {
                var instance = CircuitInstance.Of(context.Get(statement.Circuit)!);
                var maker = flags.Maker(context);
                var which = context.Get(batch);
                var run = inputs.Read(context);
                if (which < 0 || which * (long)instance.Accounts >= run.Portfolio.Accounts.Length)
                {
                    throw new InvalidInputException("batch-flag", $"--batch {which}: the portfolio has {run.Portfolio.Accounts.Length} accounts, {instance.Accounts} a batch");
                }

                var scene = ProofScene.Of(run, instance, statement.SecretOf(context));
                var witness = MarginBatchWitness.Of(instance, statement.ContextOf(context), scene.Array, scene.Accounts, which);
                var proof = await maker.MakeAsync(witness.Inputs, ProofTarget.Chain, cancel).ConfigureAwait(false);
                var openings = new JsonArray();
                var first = which * instance.Accounts;
                foreach (var i in Enumerable.Range(0, Math.Min(instance.Accounts, run.Portfolio.Accounts.Length - first)))
                {
                    openings.Add(new JsonObject
                    {
                        ["account"] = run.Portfolio.Accounts[first + i].Id,
                        ["opening"] = Opening(scene.Accounts[first + i], witness.Margins[i], i, witness.Tree.PathOf(i)),
                    });
                }

                return Show(context, statement, proof, new JsonObject { ["challenge"] = witness.Challenge.ToString(), ["margins"] = openings }, $"{openings.Count} margins under one root");
            },
            [.. inputs.All, batch, .. statement.All, .. flags.All]);
    }

    private static Command Solvency()
    {
        var (inputs, flags, statement) = (new MarginInputs(), new ProofFlags(), new StatementFlags("solvency"));
        var inclusions = new Option<string?>("--inclusions") { Description = "folder for one document an account, with which its owner sees that it is in the proof: each for him alone" };
        return PmsCommand.Create(
            "solvency",
            "Proves the Expected Shortfall of what all accounts together cannot pay; solvency-settle proves parts of the accounts first and goes on with finished ones.",
            "pms prove solvency --board board.csv.gz --portfolio book.csv --secret epoch.key -o proof.json",
            async (context, cancel) =>
            {
                var instance = CircuitInstance.Of(context.Get(statement.Circuit)!);
                var maker = flags.Maker(context);
                var scene = ProofScene.Of(inputs.Read(context), instance.Shape, statement.SecretOf(context));
                var solvency = await SolvencyProver.MakeAsync(maker, instance, statement.ContextOf(context), scene.Array, scene.Accounts, cancel).ConfigureAwait(false);
                if (context.Get(inclusions) is { } folder)
                {
                    WriteInclusions(folder, scene);
                }

                return Show(
                    context,
                    statement,
                    solvency.Proof,
                    new JsonObject { ["shortfall"] = solvency.Shortfall.ToString(CultureInfo.InvariantCulture), ["challenges"] = new JsonArray([.. solvency.Challenges.Select(c => (JsonNode)c.ToString())]) },
                    $"all accounts together: shortfall {Usd(solvency.Shortfall)} USD, the mean of the {instance.Tail} worst of {instance.Scenarios} scenarios");
            },
            [.. inputs.All, inclusions, .. statement.All, .. flags.All]);
    }

    private static void WriteInclusions(string folder, ProofScene scene)
    {
        // Each shows an account's positions: nobody but this user reads them here.
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        for (var i = 0; i < scene.Accounts.All.Length; i++)
        {
            var account = scene.Accounts[i];
            var inclusion = new Inclusion(account, [.. account.Holdings.Select(h => scene.Epoch.Array.Rows[h.Row].Key.Name)], scene.Accounts.Positions, i, scene.Accounts.Tree.PathOf(i));
            File.WriteAllText(Path.Combine(folder, $"inclusion-{account.Number.ToString(CultureInfo.InvariantCulture)}.json"), inclusion.Write().ToJsonString() + "\n");
        }
    }

    /// <summary>What the account's owner needs to show the margin to a chain.</summary>
    private static JsonObject Opening(HiddenAccount account, ulong margin, int index, TreePath path) => new()
    {
        ["number"] = account.Number.ToString(CultureInfo.InvariantCulture),
        ["sequence"] = account.Sequence.ToString(CultureInfo.InvariantCulture),
        ["positionsHash"] = account.PositionsHash.ToString(),
        ["margin"] = margin.ToString(CultureInfo.InvariantCulture),
        ["index"] = index,
        ["path"] = new JsonArray([.. path.Siblings.Select(s => (JsonNode)s.ToString())]),
    };

    private static int Show(CommandContext context, StatementFlags statement, Proof proof, JsonObject more, string text)
    {
        var document = ProofDocument.Write(proof);
        if (context.Get(statement.Output) is { } path)
        {
            File.WriteAllText(path, document.ToJsonString() + "\n");
            more["output"] = path;
        }
        else if (context.Json)
        {
            more["proof"] = document;
        }
        else
        {
            Console.Out.WriteLine(document.ToJsonString());
            return ExitCode.Ok;
        }

        if (context.Json)
        {
            more["circuit"] = proof.Instance.Name;
            more["cpuSeconds"] = Math.Round(proof.Cost.CpuSeconds, 2);
            more["peakBytes"] = proof.Cost.PeakBytes;
            more["development"] = proof.IsDevelopment;
            Output.JsonOutput.Write(more);
        }
        else
        {
            Console.Out.WriteLine($"{text}{(proof.IsDevelopment ? "; made under the development key: it convinces nobody else" : "")}; written to {context.Get(statement.Output)}");
        }

        return ExitCode.Ok;
    }

    private static string Usd(UInt128 money) => ((decimal)money / 1e6m).ToString("N2", CultureInfo.InvariantCulture);
}
