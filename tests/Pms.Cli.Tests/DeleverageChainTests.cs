using System.Globalization;
using System.Numerics;
using System.Text.Json;
using Pms.Attestation.Amounts;
using Pms.Attestation.Attesters;
using Pms.Attestation.Batches;
using Pms.Attestation.Messages;
using Pms.Chain.Nodes;
using Pms.Chain.Protocol;
using Pms.Cli.Onchain;

namespace Pms.Cli.Tests;

/// <summary>The last resort on the real contracts: nobody takes an account over that is worth nothing, insurance pays what it has, and its legs are closed against the other side until nothing is owed.</summary>
[Collection(InsolventHouses.Name)]
public sealed class DeleverageChainTests(InsolventHouse fixture, ITestOutputHelper output)
{
    private const int MostPolls = 6_000;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private LocalHouse House => fixture.House;

    /// <summary>
    /// Marked by a command; too early; 15 minutes later a proposal out of turn finds no attester. The first closing is sent from here, the second by a process that is killed when its transaction is out, the third by a process that starts from
    /// nothing. Then every balance, leg and event is what docs/protocol.md says it must be, worked out here from the batches alone, to the wad.
    /// </summary>
    [Fact]
    public async Task Deleverage_InsolventAccountThatNobodyTakes_IsClosedAndPaidToTheWad()
    {
        await fixture.ResetAsync();
        await fixture.MiningAsync(each: true);
        (await StepAsync(0, "--yes")).GetProperty("step").GetString().ShouldBe("mark");
        var early = await StepAsync(1);
        early.GetProperty("error").GetProperty("message").GetString()!.ShouldContain("TooEarly");
        var batch = fixture.Batch;
        for (var minutes = 0; minutes < 18; minutes += 3)
        {
            batch = await House.EpochAsync((await House.NowAsync(Cancel)).AddMinutes(3), Cancel);
        }

        var holder = await fixture.ContractAsync(fixture.Holder);
        (await holder.AccountsAsync(House.Current, Cancel)).Single(v => v.Account == fixture.Account.Value).OwnClaims.ShouldBe([1UL]);
        var expected = new Expectation(fixture.Before, fixture.Account, fixture.Insurance);
        await RequireTurnAsync(batch);
        var dry = await StepAsync(0);
        (dry.GetProperty("step").GetString(), dry.GetProperty("dryRun").GetBoolean(), dry.GetProperty("signers").GetArrayLength()).ShouldBe(("deleverage", true, 3));

        // From here.
        var book = await House.Reader.ReadAsync(Cancel);
        House.Market.Clock = await House.NowAsync(Cancel);
        var (action, clearance, _) = ClearanceBuilder.NextDeleveraging(batch.Rows, book, fixture.Account, House.ClearanceTerms(batch));
        var answer = await House.Attesters.CollectAsync(House.Domain.DigestOf(clearance), new ClearanceProposal(clearance, action), Cancel);
        answer.Refusals.ShouldBeEmpty();
        var proof = QuorumProof.Of(House.Attesters.Set, answer.Signatures);
        var receipt = await House.Relayer.SendAsync(EngineCalls.Deleverage(House.Contracts, action, batch.ProofOf(fixture.Account), clearance, proof), Cancel);
        output.WriteLine($"closed against account {action.To}: {receipt.GasUsed} gas");
        expected.Close(batch, action);
        await RequireAsync(expected);

        (await holder.AccountsAsync(House.Current, Cancel)).ShouldAllBe(v => v.OwnClaims.IsEmpty, "a share of nothing ended with the owner's part");

        // The leaf is of a book that is gone: the next closing needs the next batch.
        fixture.WriteBatch();
        (await StepAsync(1)).GetProperty("error").GetProperty("code").GetString().ShouldBe("leaf-stale");

        // By a process that dies when its transaction is out.
        batch = await NextBatchAsync();
        var next = Next(batch, await House.Reader.ReadAsync(Cancel));
        await fixture.MiningAsync(each: false);
        House.Market.Clock = await House.NowAsync(Cancel);
        using (var process = PmsProcess.Start(Arguments("--yes")))
        {
            for (var poll = 0; poll < MostPolls && !process.HasExited && await fixture.PooledAsync() == 0; poll++)
            {
                await Task.Delay(10, Cancel);
            }

            process.HasExited.ShouldBeFalse(process.HasExited ? await process.StandardError.ReadToEndAsync(Cancel) + await process.StandardOutput.ReadToEndAsync(Cancel) : "");
            process.Kill();
            await process.WaitForExitAsync(Cancel);
        }

        await fixture.MineAsync();
        await fixture.MiningAsync(each: true);
        expected.Close(batch, next);
        await RequireAsync(expected);
        (await StepAsync(1)).GetProperty("error").GetProperty("code").GetString().ShouldBe("leaf-stale", "it was done, and is not done twice");

        // By one that knows nothing of the others.
        batch = await NextBatchAsync();
        next = Next(batch, await House.Reader.ReadAsync(Cancel));
        var last = await StepAsync(0, "--yes");
        (last.GetProperty("legsLeft").GetInt32(), last.GetProperty("underLiquidation").GetBoolean()).ShouldBe((0, false));
        expected.Close(batch, next);
        last.GetProperty("givenWad").GetString().ShouldBe($"{expected.Given[^1]}");
        await RequireAsync(expected);
        var left = expected.CashOf(fixture.Account);
        left.ShouldBeInRange(0, 3, "nothing is owed; what is left is what was rounded against the other side");
        output.WriteLine($"debt {expected.Insured + expected.Given.Aggregate(BigInteger.Zero, (a, b) => a + b)} wad: insurance {expected.Insured}, others {string.Join(", ", expected.Given)}, left {left}");
        (await fixture.EventsAsync()).Where(e => e.Address.Equals(House.Contracts.Engine.Address, StringComparison.OrdinalIgnoreCase)).Select(e => e.Event)
            .ShouldBe(["FoundInsolvent", "Deleveraged", "Deleveraged", "Deleveraged", "AuctionEnded"]);
        var status = (await PmsProcess.RunAsync(["chain", "status", "--folder", House.Workspace.Folder, "--url", House.Node.Url, "--json"], cancel: Cancel)).Json;
        (status.GetProperty("waitingDebtWad").GetString(), status.GetProperty("insuranceAccount").GetString(), status.GetProperty("insuranceWad").GetString()).ShouldBe(("0", $"{fixture.Insurance}", "0"));
        await NextBatchAsync();
        (await StepAsync(1)).GetProperty("error").GetProperty("code").GetString().ShouldBe("liquidation-not-due");
    }

    /// <summary>Attesters hold each other to the queue: another account first, a part only, a value of its own are not signed, by nobody.</summary>
    private async Task RequireTurnAsync(Batch batch)
    {
        House.Market.Clock = await House.NowAsync(Cancel);
        var book = await House.Reader.ReadAsync(Cancel);
        var (next, clearance, _) = ClearanceBuilder.NextDeleveraging(batch.Rows, book, fixture.Account, House.ClearanceTerms(batch));
        var queue = DeleveragingQueue.Of(batch.Rows, book, fixture.Account);
        queue.Length.ShouldBe(3);
        var part = next with { Legs = [.. next.Legs.Select(l => l with { Quantity = new QuantityWad(l.Quantity.Units / 2) })] };
        foreach (var wrong in new[] { queue.First(a => a != next), part, next with { Value = next.Value + new Wad(1) } })
        {
            var other = clearance with { ActionHash = wrong.StructHash() };
            var answer = await House.Attesters.CollectAsync(House.Domain.DigestOf(other), new ClearanceProposal(other, wrong), Cancel);
            answer.Signatures.ShouldBeEmpty();
            answer.Refusals.Length.ShouldBe(4);
            answer.Refusals.ShouldAllBe(r => r.Reason.Code == "deleveraging-turn");
        }
    }

    private Deleveraging Next(Batch batch, HouseBook book) => ClearanceBuilder.NextDeleveraging(batch.Rows, book, fixture.Account, House.ClearanceTerms(batch)).Action;

    private async Task<Batch> NextBatchAsync()
    {
        var batch = await House.EpochAsync((await House.NowAsync(Cancel)).AddSeconds(30), Cancel);
        fixture.WriteBatch();
        return batch;
    }

    private string[] Arguments(params string[] more) =>
    [
        "account", "deleverage", $"{fixture.Account}", "--batch", fixture.BatchFile, "--folder", House.Workspace.Folder, "--url", House.Node.Url, "--json", .. House.Attesters.Clients.SelectMany(c => new[] { "--attester", $"{c.Url}" }), .. more,
    ];

    private async Task<JsonElement> StepAsync(int exitCode, params string[] more)
    {
        fixture.WriteBatch();
        House.Market.Clock = await House.NowAsync(Cancel);
        var run = await PmsProcess.RunAsync(Arguments(more), cancel: Cancel);
        run.ExitCode.ShouldBe(exitCode, run.Output + run.Error);
        return run.Json;
    }

    /// <summary>All accounts of the chain, and what the house's events add up to, are as expected.</summary>
    private async Task RequireAsync(Expectation expected)
    {
        var book = await House.Reader.ReadAsync(Cancel);
        LocalLiquidation.RequireConserved(fixture.Before, book);
        book.Accounts.Select(Expectation.Text).ShouldBe(expected.Accounts.Select(Expectation.Text));
        var events = await fixture.EventsAsync();
        events.Where(e => e.Event == "Deleveraged").Select(e => (Big(e, "to"), Big(e, "valueWad"), Big(e, "movedWad"), Big(e, "givenWad")))
            .ShouldBe(expected.Actions.Zip(expected.Given, (a, g) => ((BigInteger)a.To.Value, (BigInteger)a.Value.Units, (BigInteger)a.Moved.Units, g)));
        foreach (var before in fixture.Before.Accounts)
        {
            var moved = events.Where(e => e.Event == "CashMoved" && Big(e, "account") == before.Number.Value).Aggregate(BigInteger.Zero, (sum, e) => sum + Big(e, "amountWad"));
            moved.ShouldBe(expected.CashOf(before.Number) - before.Cash.Units, $"cash of account {before.Number} by its events");
        }
    }

    private static BigInteger Big(ChainLog log, string name) => BigInteger.Parse(log.Args[name]!.ToString(), CultureInfo.InvariantCulture);

    /// <summary>The rule once more: insurance pays the debt first, what it has; what is left is shared over all legs by their value at the marks, rounded against the other side.</summary>
    private sealed class Expectation(HouseBook before, AccountNumber from, AccountNumber insurance)
    {
        private readonly SortedDictionary<AccountNumber, (BigInteger Cash, SortedDictionary<InstrumentId, BigInteger> Legs)> _accounts = new(before.Accounts.ToDictionary(
            a => a.Number, a => ((BigInteger)a.Cash.Units, new SortedDictionary<InstrumentId, BigInteger>(a.Legs.ToDictionary(l => l.Instrument, l => (BigInteger)l.Quantity.Units)))));

        public List<Deleveraging> Actions { get; } = [];

        public List<BigInteger> Given { get; } = [];

        public BigInteger Insured { get; private set; }

        public IEnumerable<HouseAccount> Accounts => _accounts.Select(a => before.Accounts.Single(b => b.Number == a.Key) with
        {
            Cash = new Wad((Int128)a.Value.Cash),
            Legs = [.. a.Value.Legs.Select(l => new HouseLeg(l.Key, new QuantityWad((Int128)l.Value), Wad.Zero))],
        });

        public static string Text(HouseAccount a) => $"{a.Number}: cash {a.Cash.Units}, {string.Join(", ", a.Legs.Select(l => $"{l.Instrument} {l.Quantity.Units}"))}";

        public BigInteger CashOf(AccountNumber account) => _accounts[account].Cash;

        public void Close(Batch batch, Deleveraging action)
        {
            var giver = _accounts[from];
            BigInteger ValueOf(InstrumentId id, BigInteger quantity) => BigInteger.Divide(quantity * (BigInteger)batch.Rows.MarkOf(id).Units, BigInteger.Pow(10, 18));
            var all = giver.Legs.Aggregate(BigInteger.Zero, (sum, l) => sum + BigInteger.Abs(ValueOf(l.Key, l.Value)));
            var debt = -(giver.Cash + batch.ProofOf(from).Leaf.MarkValue.Units);
            var insured = BigInteger.Min(BigInteger.Max(debt, 0), _accounts[insurance].Cash);
            _accounts[insurance] = _accounts[insurance] with { Cash = _accounts[insurance].Cash - insured };
            var (value, moved) = (BigInteger.Zero, BigInteger.Zero);
            foreach (var leg in action.Legs)
            {
                value += ValueOf(leg.Instrument, leg.Quantity.Units);
                moved += BigInteger.Abs(ValueOf(leg.Instrument, leg.Quantity.Units));
                Add(giver.Legs, leg.Instrument, -(BigInteger)leg.Quantity.Units);
                Add(_accounts[action.To].Legs, leg.Instrument, leg.Quantity.Units);
            }

            var given = BigInteger.Min(moved, ((BigInteger.Max(debt - insured, 0) * moved) + all - 1) / all);
            _accounts[from] = giver with { Cash = giver.Cash + insured + value + given };
            _accounts[action.To] = _accounts[action.To] with { Cash = _accounts[action.To].Cash - value - given };
            Actions.Add(action);
            Given.Add(given);
            Insured += insured;
        }

        private static void Add(SortedDictionary<InstrumentId, BigInteger> legs, InstrumentId id, BigInteger by)
        {
            legs[id] = legs[id] + by;
            if (legs[id].IsZero)
            {
                legs.Remove(id);
            }
        }
    }
}
