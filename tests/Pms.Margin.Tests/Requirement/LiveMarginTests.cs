using Pms.Margin.Parameters;
using Pms.Margin.Portfolios;
using Pms.Margin.Requirement;
using Pms.Numerics;
using Pms.Primitives;
using Pms.Testing;

namespace Pms.Margin.Tests.Requirement;

/// <summary>An account at hand has the margins that it has from its positions, to the last digit of every line.</summary>
public sealed class LiveMarginTests
{
    private const ulong Seed = 8_123;

    [Theory]
    [InlineData(TailChoice.Es99, false)]
    [InlineData(TailChoice.Es975, false)]
    [InlineData(TailChoice.Var99, false)]
    [InlineData(TailChoice.Es99, true)]
    public void Evaluate_RandomOrdersAndMoves_EveryLineAsFromItsPositions(TailChoice tail, bool isDegraded)
    {
        var engine = MarginBench.With(RiskParameters.Default with { Measure = RiskParameters.Default.Measure with { Tail = tail } });
        var context = MarginContext.Normal with { IsDegraded = isDegraded };
        var random = new RandomStream(Seed).Derive((ulong)tail);
        for (var c = 0; c < FuzzBudget.Cases(60); c++)
        {
            var stream = random.Derive((ulong)c);
            var account = MarginBench.Random(stream);
            var live = new LiveMargin(engine, account, context);
            for (ulong step = 1; step <= 12; step++)
            {
                var changed = Changed(live.Account, stream.Derive(step));
                var what = $"seed {Seed}, {tail}, degraded {isDegraded}, case {c}, step {step}";
                MarginBench.Text(live.Evaluate(changed)).ShouldBe(MarginBench.Text(engine.Evaluate(changed, context)), what);
                MarginBench.Text(live.Current).ShouldBe(MarginBench.Text(engine.Evaluate(live.Account, context)), what);
                if (stream.Uniform(20_000 + step) < 0.4)
                {
                    MarginBench.Text(live.Move(changed)).ShouldBe(MarginBench.Text(engine.Evaluate(changed, context)), what);
                    live.Account.ShouldBe(changed);
                }
            }
        }
    }

    [Fact]
    public void Evaluate_SumsBeyondSixtyFourBits_AsFromItsPositions()
    {
        // Gains of one scenario fit, but not the sum over all of them that the fast way bounds.
        var account = MarginBench.Account([new Position(MarginBench.Instruments[0], 100_000_000_000m)]);
        var live = new LiveMargin(MarginBench.Engine, account);
        MarginBench.Text(live.Current).ShouldBe(MarginBench.Text(MarginBench.Engine.Evaluate(account)));
        var half = MarginBench.Account([new Position(MarginBench.Instruments[0], 10m)]);
        MarginBench.Text(live.Move(half)).ShouldBe(MarginBench.Text(MarginBench.Engine.Evaluate(half)));
        MarginBench.Text(live.Evaluate(account)).ShouldBe(MarginBench.Text(MarginBench.Engine.Evaluate(account)));
    }

    [Fact]
    public void Move_AccountThatIsRefused_StaysAsItWas()
    {
        var account = MarginBench.Account([new Position(MarginBench.Instruments[0], 100m)]);
        var live = new LiveMargin(MarginBench.Engine, account);
        var before = MarginBench.Text(live.Current);
        var refused = MarginBench.Account([new Position(HandMarket.Call(HandMarket.BtcInverse, 25, 12_345), 1m)]);
        Should.Throw<InvalidInputException>(() => live.Move(refused)).Code.ShouldBe("row-missing");
        live.Account.ShouldBe(account);
        MarginBench.Text(live.Current).ShouldBe(before);
    }

    /// <summary>One to three contracts more, less, closed or new; now and then other collateral.</summary>
    private static Account Changed(Account account, RandomStream stream)
    {
        var positions = account.Positions.ToDictionary(p => p.Instrument, p => p.Quantity);
        var count = 1 + (ulong)(stream.Uniform(0) * 3);
        for (ulong i = 1; i <= count; i++)
        {
            var held = positions.Keys.OrderBy(k => k.Name, StringComparer.Ordinal).ToArray();
            var pick = stream.Uniform(100 + i);
            if (pick < 0.5 || held.Length == 0)
            {
                var instrument = MarginBench.Instruments[(int)(stream.Uniform(200 + i) * MarginBench.Instruments.Length)];
                positions[instrument] = positions.GetValueOrDefault(instrument) + MarginBench.Quantity(stream, 300 + i, instrument);
            }
            else
            {
                var instrument = held[(int)(stream.Uniform(400 + i) * held.Length)];
                positions[instrument] = pick < 0.8 ? positions[instrument] + MarginBench.Quantity(stream, 500 + i, instrument) : 0;
            }
        }

        var changed = account with { Positions = [.. positions.Where(p => p.Value != 0).Select(p => new Position(p.Key, p.Value))] };
        return stream.Uniform(600) < 0.3 ? changed with { Collateral = [.. MarginBench.Collateral(stream)] } : changed;
    }
}
