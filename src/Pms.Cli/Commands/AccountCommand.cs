using System.CommandLine;
using System.Text.Json.Nodes;
using Pms.Attestation.Amounts;
using Pms.Attestation.Encoding;
using Pms.Attestation.Messages;
using Pms.Attestation.Wire;
using Pms.Chain.Nodes;
using Pms.Chain.Protocol;
using Pms.Cli.Onchain;
using Pms.Cli.Output;
using Pms.Primitives;

namespace Pms.Cli.Commands;

/// <summary><c>pms account</c>: what an owner does at the house.</summary>
internal static class AccountCommand
{
    /// <summary>An account without positions withdraws with any clearance: the chain looks at none.</summary>
    internal static readonly Clearance NoClearance = new() { SetId = default, BatchSequence = default, ObservedAt = default, ValidUntil = default, ActionHash = default, ParameterHash = default, Accounts = [] };

    internal static readonly QuorumProof NoProof = new([], 0, []);

    public static Command Create() => PmsCommand.Group("account", "An account of the house: open, deposit, withdraw, show, list; sign orders and trade; close what is worth nothing against the other side.", Open(), Deposit(), Withdraw(), TradeCommands.Order(), TradeCommands.Trade(), Show(), List(), DeleverageCommand.Create());

    private static Argument<ulong> Number() => new("ACCOUNT") { Description = "number of the account" };

    private static Argument<string> Amount() => new("AMOUNT") { Description = "decimal number of tokens, as in 1500.25" };

    private static Option<byte?> Coin() => new("--coin") { Description = "index of a collateral coin; without it cash" };

    private static Command Open()
    {
        var flags = new OnchainFlags();
        return PmsCommand.Create(
            "open",
            "Opens an account of the key's address.",
            "pms account open --key trader --yes",
            async (context, cancel) =>
            {
                await using var session = await flags.OpenAsync(context, cancel).ConfigureAwait(false);
                var house = new HouseClient(session.Chain.Node, session.Chain.Keys, session.Chain.Contracts);
                return await flags.SpendAsync(
                    context, session, "open an account", [HouseCalls.OpenAccount(session.Chain.Contracts)], null, cancel, async (receipt, json) => json["account"] = $"{await house.OpenedAsync(receipt, cancel).ConfigureAwait(false)}").ConfigureAwait(false);
            },
            flags.Sending);
    }

    private static Command Deposit()
    {
        var flags = new OnchainFlags();
        var (number, amount, coin) = (Number(), Amount(), Coin());
        return PmsCommand.Create(
            "deposit",
            "Deposits cash, or a coin, from the key's address; lets the house take the tokens first where it may not yet.",
            "pms account deposit 1 25000 --key trader --yes",
            async (context, cancel) =>
            {
                await using var session = await flags.OpenAsync(context, cancel).ConfigureAwait(false);
                var (chain, account) = (session.Chain, new AccountNumber(context.Get(number)));
                var (token, units) = TokensOf(chain.House, context.Get(coin), context.Require(amount));
                using var sender = session.NewSender(context.Get(flags.Key)!);
                var allowed = await chain.NewAccountReader().AllowanceAsync(token, await sender.AddressAsync(cancel).ConfigureAwait(false), cancel).ConfigureAwait(false);
                var deposit = context.Get(coin) is { } index ? HouseCalls.DepositCoin(chain.Contracts, account, new CoinIndex(index), units) : HouseCalls.DepositCash(chain.Contracts, account, units);
                ContractCall[] calls = allowed.Units >= units.Units ? [deposit] : [HouseCalls.Approve(chain.Contracts, token, units), deposit];
                return await flags.SpendAsync(context, session, $"deposit {context.Require(amount)} to account {account}", calls, Facts(account, units), cancel).ConfigureAwait(false);
            },
            [number, amount, coin, .. flags.Sending]);
    }

    private static Command Withdraw()
    {
        var flags = new OnchainFlags();
        var request = new ClearanceRequest();
        var (number, amount, coin) = (Number(), Amount(), Coin());
        var to = new Option<string?>("--to") { Description = "receiver; default: the key's address" };
        var batch = new Option<string?>("--batch") { Description = "file of the current batch, whose leaf or array proves the margin; not needed without positions; - reads standard input" };
        return PmsCommand.Create(
            "withdraw",
            "Withdraws cash against the account's leaf in the current batch, or a coin with a clearance of the attesters; neither is needed where the account has no positions.",
            "pms account withdraw 1 1000 --batch batch.json --key trader --yes",
            async (context, cancel) =>
            {
                var document = context.Get(batch) is { } path ? BatchFiles.Read(path) : null;
                await using var session = await flags.OpenAsync(context, cancel).ConfigureAwait(false);
                var (chain, account) = (session.Chain, new AccountNumber(context.Get(number)));
                var units = TokensOf(chain.House, context.Get(coin), context.Require(amount)).Units;
                var accounts = chain.NewAccountReader();
                var status = await accounts.ReadAsync(account, cancel).ConfigureAwait(false);
                using var sender = session.NewSender(context.Get(flags.Key)!);
                var receiver = EvmAddress.Parse(context.Get(to) ?? await sender.AddressAsync(cancel).ConfigureAwait(false));
                var facts = Facts(account, units);
                facts["to"] = $"{receiver}";
                if (context.Get(coin) is { } index)
                {
                    var withdrawal = new CoinWithdrawal(account, new CoinIndex(index), units, receiver);
                    var what = $"withdraw {context.Require(amount)} of coin {index} from account {account}";
                    if (status.Legs.IsEmpty)
                    {
                        return await flags.SpendAsync(context, session, what, [HouseCalls.WithdrawCoin(chain.Contracts, withdrawal, NoClearance, NoProof)], facts, cancel).ConfigureAwait(false);
                    }

                    var cleared = await request.AskAsync(context, session, document ?? throw Missing(status), withdrawal, cancel).ConfigureAwait(false);
                    return await TradeCommands.FinishAsync(
                        context, session, flags, what, facts, cleared, proof => HouseCalls.WithdrawCoin(chain.Contracts, withdrawal, cleared.Clearance, proof), cancel).ConfigureAwait(false);
                }

                context.Refuse("cash needs no clearance: the account's leaf proves the margin", request.All);
                var leaf = await LeafAsync(accounts, status, document, cancel).ConfigureAwait(false);
                return await flags.SpendAsync(
                    context, session, $"withdraw {context.Require(amount)} from account {account}", [HouseCalls.WithdrawCash(chain.Contracts, account, units, receiver, leaf)], facts, cancel).ConfigureAwait(false);
            },
            [number, amount, coin, to, batch, .. request.All, .. flags.Sending]);
    }

    private static Command Show()
    {
        var flags = new OnchainFlags();
        var number = Number();
        var batch = new Option<string?>("--batch") { Description = "batch file, for the requirement of its leaf; - reads standard input" };
        return PmsCommand.Create(
            "show",
            "Cash, coins, positions, margin state and deadline of an account; with a batch file what its leaf requires now.",
            "pms account show 1 --batch batch.json --json",
            async (context, cancel) =>
            {
                var document = context.Get(batch) is { } path ? BatchFiles.Read(path) : null;
                await using var session = await flags.OpenAsync(context, cancel).ConfigureAwait(false);
                var accounts = session.Chain.NewAccountReader();
                var status = await accounts.ReadAsync(new AccountNumber(context.Get(number)), cancel).ConfigureAwait(false);
                var needed = document is null ? null : await accounts.RequirementAsync(status, document, cancel).ConfigureAwait(false);
                AccountText.Write(context, session.Chain.House, status, needed);
                return needed is { Finds: not HouseMarginState.Healthy } || status.State != HouseMarginState.Healthy ? ExitCode.MarginCall : ExitCode.Ok;
            },
            [number, batch, .. flags.Reading]);
    }

    private static Command List()
    {
        var flags = new OnchainFlags();
        var owner = new Option<string?>("--owner") { Description = "only accounts of this address" };
        return PmsCommand.Create(
            "list",
            "All accounts of the house, or those of one owner.",
            "pms account list --owner 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266",
            async (context, cancel) =>
            {
                EvmAddress? wanted = context.Get(owner) is { } text ? EvmAddress.Parse(text) : null;
                await using var session = await flags.OpenAsync(context, cancel).ConfigureAwait(false);
                var found = (await session.Chain.NewAccountReader().ListAsync(cancel).ConfigureAwait(false)).Where(a => wanted is null || a.Owner == wanted).ToArray();
                if (context.Json)
                {
                    JsonOutput.Write(new
                    {
                        accounts = found.Select(a => new { account = $"{a.Account.Number}", owner = $"{a.Owner}", sequence = $"{a.Account.Sequence}", cashWad = $"{a.Account.Cash}", legs = a.Account.Legs.Length, coins = a.Account.Coins.Count }),
                    });
                    return ExitCode.Ok;
                }

                var table = new TextTable("account", "owner ", "cash USD", "positions", "coins");
                foreach (var (account, by) in found)
                {
                    table.Add($"{account.Number}", $"{by}", AccountText.Usd(account.Cash), $"{account.Legs.Length}", $"{account.Coins.Count}");
                }

                table.Write();
                return ExitCode.Ok;
            },
            [owner, .. flags.Reading]);
    }

    private static JsonObject Facts(AccountNumber account, TokenAmount units) => new() { ["account"] = $"{account}", ["units"] = $"{units}" };

    /// <summary>The leaf that a withdrawal is proven with; an account without positions needs none, and the chain looks at none.</summary>
    private static async Task<ProvenLeaf> LeafAsync(AccountReader accounts, AccountStatus status, BatchDocument? document, CancellationToken cancel)
    {
        if (status.Legs.IsEmpty)
        {
            var empty = new MarginLeaf
            {
                Account = status.Account.Number,
                Sequence = status.Account.Sequence,
                Positions = status.Account.Positions,
                Initial = default,
                Maintenance = default,
                MarkValue = default,
                Decay = default,
            };
            return new ProvenLeaf(BatchHeader.FromAbi(new byte[BatchHeader.AbiBytes]), empty, 0, []);
        }

        if (document is null)
        {
            throw Missing(status);
        }

        var needed = await accounts.RequirementAsync(status, document, cancel).ConfigureAwait(false);
        if (needed.Stale is { } stale)
        {
            throw new InvalidInputException(stale.Code, stale.Message);
        }

        var (leaf, place, path) = document.Prove(status.Account.Number)!.Value;
        return new ProvenLeaf(document.Header, leaf, place, path);
    }

    private static InvalidInputException Missing(AccountStatus status) =>
        new("leaf-missing", $"account {status.Account.Number} has {status.Legs.Length} positions: --batch with the file of the current batch is needed");

    /// <summary>A decimal number of tokens in token units: exactly, or not at all.</summary>
    /// <returns>place of the token, and its units</returns>
    private static (int Token, TokenAmount Units) TokensOf(HouseConfiguration house, byte? coin, string text)
    {
        if (coin is { } index && !house.Coins.ContainsKey(index))
        {
            throw new InvalidInputException("coin-unknown", $"the house has no coin {index}; it has {string.Join(", ", house.Coins.Select(c => $"{c.Key} ({c.Value.Asset})"))}");
        }

        var decimals = coin is { } i ? house.Coins[i].Decimals : house.CashDecimals;
        return (coin is { } c ? c + 1 : 0, TokenAmount.Of(text, decimals));
    }
}
