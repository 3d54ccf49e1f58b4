using System.CommandLine;
using System.Text.Json.Nodes;
using Pms.Attestation.Amounts;
using Pms.Attestation.Batches;
using Pms.Attestation.Messages;
using Pms.Attestation.Wire;
using Pms.Chain.Nodes;
using Pms.Chain.Protocol;
using Pms.Cli.Onchain;
using Pms.Primitives;

namespace Pms.Cli.Commands;

/// <summary><c>pms account deleverage</c>: the next step towards the end of an account that is worth nothing. Where it stands is on the chain alone, so whoever calls again goes on, also after a process that died.</summary>
internal static class DeleverageCommand
{
    private const string Started = "start";
    private const string Marked = "mark";
    private const string Deleveraged = "deleverage";

    public static Command Create()
    {
        var flags = new OnchainFlags();
        var request = new ClearanceRequest();
        var number = new Argument<ulong>("ACCOUNT") { Description = "number of the account that is worth nothing" };
        var batch = new Option<string?>("--batch") { Description = "file of the current batch; - reads standard input" };
        return PmsCommand.Create(
            "deleverage",
            "One step for an account that is worth nothing: takes it under liquidation, marks it, or, where nobody has taken it over in its time, closes its legs against the next other side in the queue. Each closing needs a batch of its own. Exit code 5 where a quorum does not sign.",
            "pms account deleverage 7 --batch batch.json --attester http://127.0.0.1:9001 --attester http://127.0.0.1:9002 --attester http://127.0.0.1:9003 --yes",
            async (context, cancel) =>
            {
                var document = BatchFiles.Read(context.Get(batch) ?? throw new InvalidInputException("no-input", "--batch with the file of the current batch is needed"));
                await using var session = await flags.OpenAsync(context, cancel).ConfigureAwait(false);
                var (chain, account) = (session.Chain, new AccountNumber(context.Get(number)));
                var accounts = chain.NewAccountReader();
                var status = await accounts.ReadAsync(account, cancel).ConfigureAwait(false);
                var needed = await accounts.RequirementAsync(status, document, cancel).ConfigureAwait(false);
                var (leaf, place, path) = document.Prove(account)!.Value;
                // Coins that came since do not make the leaf useless for this, other legs do.
                if (needed.Stale is { } stale && (stale.Code != "leaf-stale" || leaf.Positions != status.Account.Positions))
                {
                    throw new InvalidInputException(stale.Code, stale.Message);
                }

                var proven = new ProvenLeaf(document.Header, leaf, place, path);
                var step = await NextAsync(chain, account, proven, cancel).ConfigureAwait(false);
                var facts = new JsonObject { ["account"] = $"{account}", ["step"] = step, ["equityWad"] = $"{needed.Equity}" };
                if (step == Started && (needed.Equity.Units > 0 || needed.Finds == HouseMarginState.Healthy))
                {
                    throw new InvalidInputException("liquidation-not-due", $"account {account} has equity of {AccountText.Usd(needed.Equity)} USD: below 0 is required, of what is above keepers buy shares");
                }

                if (step != Deleveraged)
                {
                    var call = step == Started ? EngineCalls.Start(chain.Contracts, account, proven) : EngineCalls.End(chain.Contracts, account, proven);
                    return await flags.SpendAsync(context, session, step == Started ? $"take account {account} under liquidation" : $"mark account {account} as worth nothing", [call], facts, cancel).ConfigureAwait(false);
                }

                if (status.Legs.IsEmpty)
                {
                    throw new InvalidInputException("deleveraging-empty", $"account {account} has no legs left; what it owes, {AccountText.Usd(-needed.Equity)} USD, waits for what insurance comes to have (docs/protocol.md, \"Liquidation\")");
                }

                var cleared = await request.AskAsync(context, session, document, (rows, book, terms) => ClearanceBuilder.NextDeleveraging(rows, book, account, terms).Action, cancel).ConfigureAwait(false);
                var action = (Deleveraging)cleared.Action;
                foreach (var (name, value) in MessageJson.Of(action))
                {
                    facts[name] = value?.DeepClone();
                }

                return await TradeCommands.FinishAsync(
                    context, session, flags, $"close {action.Legs.Length} of {status.Legs.Length} legs of account {account} against account {action.To}", facts, cleared,
                    proof => EngineCalls.Deleverage(chain.Contracts, action, proven, cleared.Clearance, proof), cancel, (receipt, json) => TellAsync(chain, accounts, account, receipt, json, cancel)).ConfigureAwait(false);
            },
            [number, batch, .. request.All, .. flags.Sending]);
    }

    /// <summary>Asks the contract by a call that it must refuse at the latest for want of a clearance: what it refuses before that says what is missing.</summary>
    private static async Task<string> NextAsync(ChainParts chain, AccountNumber account, ProvenLeaf proven, CancellationToken cancel)
    {
        var nothing = new Deleveraging(account, default, [], Wad.Zero, UnsignedWad.Zero, UnsignedWad.Zero);
        var call = EngineCalls.Deleverage(chain.Contracts, nothing, proven, AccountCommand.NoClearance, AccountCommand.NoProof);
        try
        {
            await chain.Node.CallAsync(call.Contract, call.Function, call.Args, cancel).ConfigureAwait(false);
            return Deleveraged;
        }
        catch (RevertException e) when (e.Error is not ("GracePeriod" or "NotDue" or "Solvent" or "TooEarly"))
        {
            return e.Error switch { "NotRunning" => Started, "Unmarked" => Marked, _ => Deleveraged };
        }
    }

    /// <summary>What the step did, and what is left to do.</summary>
    private static async Task TellAsync(ChainParts chain, AccountReader accounts, AccountNumber account, TransactionReceipt receipt, JsonObject json, CancellationToken cancel)
    {
        var logs = await chain.Node.LogsAsync([chain.Contracts.Engine], receipt.BlockNumber, receipt.BlockNumber, cancel).ConfigureAwait(false);
        var given = logs.Single(l => l.TransactionHash == receipt.Hash && l.Event == "Deleveraged").Args["givenWad"]!;
        var after = await accounts.ReadAsync(account, cancel).ConfigureAwait(false);
        json["givenWad"] = $"{given}";
        json["legsLeft"] = after.Legs.Length;
        json["cashWad"] = $"{after.Account.Cash}";
        json["underLiquidation"] = after.UnderLiquidation;
    }
}
