using System.Numerics;
using Pms.Attestation.Amounts;
using Pms.Attestation.Batches;
using Pms.Chain.Nodes;
using Pms.Chain.Protocol;
using Pms.Chain.Transactions;
using Pms.Primitives;

namespace Pms.Cli.Onchain;

/// <summary>A keeper of a local run: its key and an account that lets the engine pay from it.</summary>
internal sealed record LocalKeeper(string Name, TransactionSender Sender, AccountNumber Account);

/// <summary>The liquidation of one account on a local chain: auction, two keepers that compete, the account restored, the shares written out; every sum is compared before and after.</summary>
/// <param name="house">on its chain</param>
internal sealed class LocalLiquidation(LocalHouse house)
{
    private readonly EngineReader _engine = new(house.Node, house.Contracts);

    /// <summary>From liquidatable to restored and written out.</summary>
    /// <param name="account">found liquidatable</param>
    /// <param name="batch">current, with the account's leaf</param>
    /// <param name="first">takes two thirds of what is needed, and comes back too late</param>
    /// <param name="second">would take all of it, and gets the rest</param>
    /// <param name="cancel">gives up between two transactions</param>
    /// <exception cref="InvalidInputException"><c>local-run</c>: a sum is not what it was, or the account is not restored</exception>
    public async Task RunAsync(AccountNumber account, Batch batch, LocalKeeper first, LocalKeeper second, CancellationToken cancel)
    {
        var before = await house.Reader.ReadAsync(cancel).ConfigureAwait(false);
        var legs = before.Accounts.Single(a => a.Number == account).Legs.Select(l => l.Instrument).ToArray();
        var leaf = batch.ProofOf(account);
        var receipt = await house.Relayer.SendAsync(EngineCalls.Start(house.Contracts, account, leaf), cancel).ConfigureAwait(false);
        var need = await _engine.NeedAsync(account, leaf, cancel).ConfigureAwait(false);
        house.Tell(
            "auction",
            $"account {account} is {Usd(need.Shortfall):n2} USD short of its target: who removes a dollar of it gets {need.RateE6 / 10_000m:n2} cents of its equity now, more with every second",
            receipt,
            ("shortfallWad", $"{need.Shortfall}"), ("rateE6", $"{need.RateE6}"));
        await TakeAsync(first, account, need.Shortfall * 2 / 3, leaf, cancel).ConfigureAwait(false);
        await TakeAsync(second, account, need.Shortfall, leaf, cancel).ConfigureAwait(false);
        try
        {
            await TakeAsync(first, account, need.Shortfall, leaf, cancel).ConfigureAwait(false);
        }
        catch (RevertException refusal)
        {
            house.Tell("bid-refused", $"{first.Name} comes back too late: {refusal.Error}", null, ("error", refusal.Error));
        }

        for (var claim = 1UL; claim <= 2; claim++)
        {
            receipt = await house.Relayer.SendAsync(EngineCalls.Divide(house.Contracts, account, claim, legs), cancel).ConfigureAwait(false);
            house.Tell("divided", $"share {claim} of account {account} is written out into legs and cash of an account of its holder", receipt, ("claim", $"{claim}"));
        }

        RequireConserved(before, await house.Reader.ReadAsync(cancel).ConfigureAwait(false));
        Require(!await _engine.IsUnderLiquidationAsync(account, cancel).ConfigureAwait(false), $"account {account} is still under liquidation");
        house.Tell("restored", $"account {account} stands at its target again, and all cash and legs add up to what they were", null, ("account", $"{account}"));
    }

    private async Task TakeAsync(LocalKeeper keeper, AccountNumber account, BigInteger most, ProvenLeaf leaf, CancellationToken cancel)
    {
        var call = EngineCalls.TakeShare(house.Contracts, account, keeper.Account, new UnsignedWad((UInt128)most), new UnsignedWad(0), leaf);
        var receipt = await keeper.Sender.SendAsync(call, cancel).ConfigureAwait(false);
        var taken = (await house.Node.LogsAsync([house.Contracts.Engine], receipt.BlockNumber, receipt.BlockNumber, cancel).ConfigureAwait(false)).Single(l => l.TransactionHash == receipt.Hash && l.Event == "ShareTaken");
        var cash = BigInteger.Parse((string)taken.Args["cashWad"]!, System.Globalization.CultureInfo.InvariantCulture);
        house.Tell("share", $"{keeper.Name} offers up to {Usd(most):n2} USD and puts {Usd(cash):n2} USD into account {account} for a share of it", receipt, ("keeper", keeper.Name), ("mostWad", $"{most}"), ("cashWad", $"{cash}"));
    }

    /// <summary>Legs of every contract and the cash of all accounts add up to the same, to the last digit.</summary>
    /// <exception cref="InvalidInputException"><c>local-run</c></exception>
    public static void RequireConserved(HouseBook before, HouseBook after)
    {
        static Dictionary<InstrumentId, BigInteger> LegsOf(HouseBook book) => book.Accounts.SelectMany(a => a.Legs).GroupBy(l => l.Instrument).ToDictionary(g => g.Key, g => g.Aggregate(BigInteger.Zero, (sum, l) => sum + l.Quantity.Units));
        static BigInteger CashOf(HouseBook book) => book.Accounts.Aggregate(BigInteger.Zero, (sum, a) => sum + a.Cash.Units);
        Require(CashOf(before) == CashOf(after), $"cash was {CashOf(before)} wad and is {CashOf(after)} wad");
        var legs = LegsOf(after);
        foreach (var (instrument, quantity) in LegsOf(before))
        {
            Require(legs.GetValueOrDefault(instrument) == quantity, $"the legs of {instrument} added up to {quantity} and do to {legs.GetValueOrDefault(instrument)}");
        }
    }

    private static void Require(bool holds, string message)
    {
        if (!holds)
        {
            throw new InvalidInputException("local-run", message);
        }
    }

    private static decimal Usd(BigInteger wad) => new Wad((Int128)wad).ToUsd();
}
