using System.CommandLine;
using System.Text.Json.Nodes;
using Pms.Attestation.Encoding;
using Pms.Attestation.Wire;
using Pms.Chain.Governance;
using Pms.Cli.Onchain;
using Pms.Cli.Output;
using Pms.Margin.Parameters;
using Pms.Primitives;

namespace Pms.Cli.Commands;

/// <summary>The part of <c>pms params</c> that is about the numbers governed on chain.</summary>
internal static class GovernedCommands
{
    public static IEnumerable<Command> Create() => [Diff(), Propose(), Delegate(), Vote(), Execute()];

    /// <summary>Every governed number with its bounds.</summary>
    public static async Task<int> ShowAsync(CommandContext context, OnchainFlags flags, CancellationToken cancel)
    {
        await using var session = await flags.OpenAsync(context, cancel).ConfigureAwait(false);
        var state = await GovernedState.ReadAsync(session.Chain.Node, session.Chain.Contracts, cancel).ConfigureAwait(false);
        if (context.Json)
        {
            JsonOutput.Write(new
            {
                documentHash = MessageJson.Of(state.Document),
                version = state.Version,
                governed = state.Keys.Select(k => new
                {
                    name = k.Name,
                    key = k.Key,
                    unit = k.Unit,
                    value = k.Text(k.Value),
                    least = k.Text(k.Least),
                    most = k.Text(k.Most),
                    mostStep = k.Text(k.MostStep),
                    mostIn30Days = k.Text(k.MostIn30Days),
                    movedByGovernance = k.Text(k.MovedByGovernance),
                    movedByGuardian = k.Text(k.MovedByGuardian),
                    leastDelaySeconds = k.LeastDelaySeconds,
                    tightens = Direction(k),
                    group = k.Group,
                }),
            });
            return ExitCode.Ok;
        }

        Console.WriteLine($"version {state.Version}, document {state.Document}");
        var table = new TextTable("number", "value", "least", "most", "step", "30 days", "used", "delay", "tightens ", "group");
        foreach (var k in state.Keys)
        {
            table.Add(k.Name, k.Text(k.Value), k.Text(k.Least), k.Text(k.Most), k.Text(k.MostStep), k.Text(k.MostIn30Days), k.Text(k.MovedByGovernance), $"{k.LeastDelaySeconds / 86_400} d", Direction(k), k.Group == 0 ? "" : $"{k.Group}");
        }

        table.Write();
        return ExitCode.Ok;
    }

    private static string Direction(GovernedKey key) => key.Direction switch { Tightening.Up => "up", Tightening.Down => "down", _ => "neither" };

    private static Option<string?> Document() => new("--document") { Description = "risk parameter document whose hash is compared or proposed, or \"default\"" };

    private static Argument<string> Governed() => PmsCommand.InputArgument("GOVERNED.json", "governed numbers that are wanted (docs/cli.md)");

    private static GovernedFile Read(CommandContext context, Argument<string> input, Option<string?> document)
    {
        var file = GovernedFile.Read(CommandContext.ReadInput(context.Require(input)));
        return context.Get(document) is { } path ? file with { Document = (path == "default" ? RiskParameters.Default : ParamsCommand.Read(path)).Hash() } : file;
    }

    private static JsonArray Json(IEnumerable<GovernedChange> changes) =>
        MessageJson.List(changes, c => new JsonObject { ["name"] = c.Key.Name, ["onChain"] = c.Key.Text(c.Key.Value), ["wanted"] = c.Key.Text(c.Value) });

    private static string Text(IEnumerable<GovernedChange> changes) => string.Join(", ", changes.Select(c => $"{c.Key.Name} {c.Key.Text(c.Key.Value)} -> {c.Key.Text(c.Value)}"));

    private static Command Diff()
    {
        var flags = new OnchainFlags();
        var (input, document) = (Governed(), Document());
        return PmsCommand.Create(
            "diff",
            "Compares governed numbers, and the hash of the risk parameter document, with the chain; exit code 5 where any differs.",
            "pms params diff governed.json --document my-params.json",
            async (context, cancel) =>
            {
                var file = Read(context, input, document);
                await using var session = await flags.OpenAsync(context, cancel).ConfigureAwait(false);
                var state = await GovernedState.ReadAsync(session.Chain.Node, session.Chain.Contracts, cancel).ConfigureAwait(false);
                var differences = file.Differences(state);
                var isOther = file.Document is { } wanted && wanted != state.Document;
                var json = new JsonObject { ["version"] = state.Version, ["differences"] = Json(differences), ["documentHash"] = MessageJson.Of(state.Document), ["documentDiffers"] = isOther };
                OnchainFlags.Show(context, json, $"{(differences.IsEmpty ? "all numbers are as on chain" : Text(differences))}{(isOther ? $"; document {file.Document}, on chain {state.Document}" : "")}");
                return differences.IsEmpty && !isOther ? ExitCode.Ok : ExitCode.VerificationFailed;
            },
            [input, document, .. flags.Reading]);
    }

    private static Command Propose()
    {
        var flags = new OnchainFlags();
        var (input, document) = (Governed(), Document());
        var description = new Option<string?>("--description") { Description = "why, for the voters" };
        var output = new Option<string?>("-o", "--output") { Description = "proposal file that voting and execution need" };
        return PmsCommand.Create(
            "propose",
            "Proposes the numbers of a file that differ from the chain, with the rest of their groups; refuses what the contract would refuse.",
            "pms params propose governed.json --description \"a wider band\" -o proposal.json --yes",
            async (context, cancel) =>
            {
                var why = context.Get(description) ?? throw new InvalidInputException("no-input", "--description is needed: voters read it");
                var path = context.Get(output) ?? throw new InvalidInputException("no-input", "-o is needed: the governor keeps hashes only");
                var file = Read(context, input, document);
                await using var session = await flags.OpenAsync(context, cancel).ConfigureAwait(false);
                var chain = session.Chain;
                var set = ChangeSet.Of(await GovernedState.ReadAsync(chain.Node, chain.Contracts, cancel).ConfigureAwait(false), file);
                using var sender = session.NewSender(context.Get(flags.Key)!);
                var proposal = await ProposalFile.OfAsync(chain.Contracts, chain.Node, set, why, await sender.AddressAsync(cancel).ConfigureAwait(false), cancel).ConfigureAwait(false);
                await File.WriteAllBytesAsync(path, proposal.Write(), cancel).ConfigureAwait(false);
                var calls = new ProposalCalls(chain.Node, chain.Contracts);
                var facts = new JsonObject { ["proposalId"] = await calls.IdAsync(proposal, cancel).ConfigureAwait(false), ["path"] = path, ["changes"] = Json(set.Changes), ["documentHash"] = MessageJson.Of(set.Document), ["delaySeconds"] = set.DelaySeconds };
                return await flags.SpendAsync(context, session, $"propose {Text(set.Changes)}", [calls.Propose(proposal)], facts, cancel).ConfigureAwait(false);
            },
            [input, document, description, output, .. flags.Sending]);
    }

    private static Command Delegate()
    {
        var flags = new OnchainFlags();
        var to = new Option<string?>("--to") { Description = "who votes; default: the key's address" };
        return PmsCommand.Create(
            "delegate",
            "Gives the votes of the key's tokens to an address: tokens vote only once they are given, be it to their holder, and only on later proposals.",
            "pms params delegate --yes",
            async (context, cancel) =>
            {
                await using var session = await flags.OpenAsync(context, cancel).ConfigureAwait(false);
                using var sender = session.NewSender(context.Get(flags.Key)!);
                var voter = EvmAddress.Parse(context.Get(to) ?? await sender.AddressAsync(cancel).ConfigureAwait(false));
                return await flags.SpendAsync(
                    context, session, $"give votes to {voter}", [new ProposalCalls(session.Chain.Node, session.Chain.Contracts).Delegate(voter)], new JsonObject { ["voter"] = $"{voter}" }, cancel).ConfigureAwait(false);
            },
            [to, .. flags.Sending]);
    }

    private static Command Vote()
    {
        var flags = new OnchainFlags();
        var input = PmsCommand.InputArgument("PROPOSAL.json", "proposal file");
        var support = new Option<string>("--support") { Description = "for, against or abstain", DefaultValueFactory = _ => "for" };
        return PmsCommand.Create(
            "vote",
            "Votes on a proposal with the key's votes.",
            "pms params vote proposal.json --support for --yes",
            async (context, cancel) =>
            {
                var place = ProposalCalls.Supports.ToList().IndexOf(context.Get(support)!);
                if (place < 0)
                {
                    throw new InvalidInputException("vote-support", $"--support '{PrintableText.Of(context.Get(support)!)}' is none of {string.Join(", ", ProposalCalls.Supports)}");
                }

                var proposal = ProposalFile.Read(CommandContext.ReadInput(context.Require(input)));
                await using var session = await flags.OpenAsync(context, cancel).ConfigureAwait(false);
                var calls = new ProposalCalls(session.Chain.Node, session.Chain.Contracts);
                var id = await calls.IdAsync(proposal, cancel).ConfigureAwait(false);
                return await flags.SpendAsync(context, session, $"vote {context.Get(support)}", [calls.Vote(id, place)], new JsonObject { ["proposalId"] = id, ["support"] = context.Get(support) }, cancel).ConfigureAwait(false);
            },
            [input, support, .. flags.Sending]);
    }

    private static Command Execute()
    {
        var flags = new OnchainFlags();
        var input = PmsCommand.InputArgument("PROPOSAL.json", "proposal file");
        return PmsCommand.Create(
            "execute",
            "Takes a proposal its next step: into the timelock, out of it (which announces the change), and after the delay of its keys in force.",
            "pms params execute proposal.json --yes",
            async (context, cancel) =>
            {
                var proposal = ProposalFile.Read(CommandContext.ReadInput(context.Require(input)));
                await using var session = await flags.OpenAsync(context, cancel).ConfigureAwait(false);
                var next = await new ProposalCalls(session.Chain.Node, session.Chain.Contracts).NextAsync(proposal, cancel).ConfigureAwait(false);
                return next.Call is { } call
                    ? await flags.SpendAsync(context, session, $"{next.Step} the proposal", [call], new JsonObject { ["step"] = next.Step }, cancel).ConfigureAwait(false)
                    : context.Fail(next.Wait!.Code, next.Wait.Message);
            },
            [input, .. flags.Sending]);
    }
}
