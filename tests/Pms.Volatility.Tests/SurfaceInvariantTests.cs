using Pms.MarketData.Instruments;
using Pms.Numerics;
using Pms.Pricing;
using Pms.Testing;

namespace Pms.Volatility.Tests;

/// <summary>Named invariants of the published surface, as prices: a buyer or seller of any portfolio of options at them finds no free money, and one quote moves them little.</summary>
public sealed class SurfaceInvariantTests(ITestOutputHelper output)
{
    private const ulong Seed = 4_711;

    /// <summary>
    /// Method: random noisy boards, fitted; undiscounted prices over forward at 41 strikes a slice and at times between slices. Spreads and butterflies of calls and puts are not negative, a later
    /// call at the same moneyness is worth no less, and call - put = forward - strike.
    /// </summary>
    [Fact]
    public void ENG11_RandomBoards_PricesHaveNoButterflyNoCalendarAndObeyParity()
    {
        var random = new RandomStream(Seed).Derive(11);
        var cases = FuzzBudget.Cases(300);
        var (checkedPrices, worst) = (0L, 0.0);
        for (var c = 0; c < cases; c++)
        {
            var what = $"ENG-11, seed {Seed}, case {c}";
            var surface = SurfaceFitter.Fit(Board(random.Derive((ulong)c), halfBand: 0.02).Board, BoardBuilder.At, SurfaceParameters.Default).Surface.ShouldNotBeNull(what);
            var strikes = Enumerable.Range(-20, 41).Select(i => Math.Exp(0.05 * i * (1 + (0.02 * Math.Abs(i))))).ToArray();
            double[]? before = null;
            foreach (var years in surface.Slices.SelectMany((s, i) => i == 0 ? [s.Years] : (double[])[0.5 * (s.Years + surface.Slices[i - 1].Years), s.Years]))
            {
                var calls = Prices(surface, OptionType.Call, strikes, years);
                var puts = Prices(surface, OptionType.Put, strikes, years);
                for (var i = 0; i < strikes.Length; i++)
                {
                    worst = Math.Max(worst, Math.Abs(calls[i] - puts[i] - (1 - strikes[i])) / Math.Max(1, strikes[i]));
                    calls[i].ShouldBeInRange(Math.Max(1 - strikes[i], 0) - 1e-15, 1, what);
                    if (before is not null)
                    {
                        calls[i].ShouldBeGreaterThanOrEqualTo(before[i] - 1e-13, $"{what}: calendar at {strikes[i]}, {years}");
                    }

                    if (i > 0 && i < strikes.Length - 1)
                    {
                        Butterfly(calls, strikes, i).ShouldBeGreaterThanOrEqualTo(-1e-13, $"{what}: butterfly at {strikes[i]}, {years}");
                        Butterfly(puts, strikes, i).ShouldBeGreaterThanOrEqualTo(-1e-13, $"{what}: butterfly at {strikes[i]}, {years}");
                    }

                    if (i > 0)
                    {
                        calls[i].ShouldBeLessThanOrEqualTo(calls[i - 1] + 1e-15, what);
                        puts[i].ShouldBeGreaterThanOrEqualTo(puts[i - 1] - 1e-15, what);
                    }

                    checkedPrices += 2;
                }

                before = calls;
            }
        }

        output.WriteLine($"ENG-11: {cases} boards, {checkedPrices} prices, worst parity error {worst:E1} of the larger of forward and strike");
        worst.ShouldBeLessThan(1e-14);
    }

    /// <summary>
    /// Method: one quote of a random board is replaced by anything: another vol, a hair-thin or crossed market, a single side, huge interest. Without it and with it the published vol within two deviations
    /// of any expiry differs by less than 20 % of itself, on boards whose honest half-band is 2 %.
    /// </summary>
    [Fact]
    public void ENG12_OneQuoteReplacedByAnything_MovesThePublishedVolsWithinTheBound()
    {
        var random = new RandomStream(Seed).Derive(12);
        var cases = FuzzBudget.Cases(400);
        var moves = new List<double>();
        for (var c = 0; c < cases; c++)
        {
            var r = random.Derive((ulong)c);
            var builder = Board(r, halfBand: 0.02);
            var expiry = (int)(r.Uniform(900) * builder.Board.Expiries.Length);
            var options = builder.Board.Expiries[expiry].Options;
            var target = options[(int)(r.Uniform(901) * options.Length)];
            var o = (EuropeanOption)target.Instrument;
            var days = (int)Math.Round((o.Expiry - BoardBuilder.At).TotalDays);
            var forward = builder.Board.Expiries[expiry].VenueForward!.Value;
            double Price(double vol) => builder.Price(o.Type, forward, o.Strike, days / 365.0, vol);
            var vol = 0.05 + (2 * r.Uniform(902) * r.Uniform(902));
            var width = Math.Pow(10, -5 + (4.5 * r.Uniform(903)));
            double? bid = r.Uniform(904) < 0.2 ? null : Price(vol * (1 - width));
            double? ask = r.Uniform(905) < 0.2 ? null : Price(vol * (1 + (r.Uniform(906) < 0.2 ? -2 * width : width)));
            var interest = Math.Pow(10, 6 * r.Uniform(907));
            var attacked = BoardBuilder.Only(builder.Board, expiry, q => q == target ? builder.Quote(days, o.Strike, o.Type, bid, ask, forward, openInterest: interest) : q);
            var honest = SurfaceFitter.Fit(builder.Board, BoardBuilder.At, SurfaceParameters.Default).Surface.ShouldNotBeNull();
            var moved = SurfaceFitter.Fit(attacked, BoardBuilder.At, SurfaceParameters.Default).Surface.ShouldNotBeNull();
            moved.Slices.Length.ShouldBe(honest.Slices.Length);
            var most = 0.0;
            for (var i = 0; i < honest.Slices.Length; i++)
            {
                var deviation = Math.Sqrt(honest.Slices[i].Smile.TotalVariance(0));
                for (var u = -2.0; u <= 2; u += 0.25)
                {
                    most = Math.Max(most, Math.Abs((moved.Slices[i].Vol(u * deviation) / honest.Slices[i].Vol(u * deviation)) - 1));
                }
            }

            moves.Add(most);
            most.ShouldBeLessThan(0.20, $"ENG-12, seed {Seed}, case {c}: {target.Instrument.Name} bid {bid}, ask {ask}");
        }

        moves.Sort();
        output.WriteLine($"ENG-12: {cases} boards, largest relative vol move: median {moves[cases / 2]:P2}, 99 % {moves[cases * 99 / 100]:P2}, most {moves[^1]:P2}");
    }

    /// <summary>Three to five smiles in calendar order, strikes to three deviations, quotes off by up to a quarter of the half-band.</summary>
    private static BoardBuilder Board(RandomStream r, double halfBand)
    {
        var builder = new BoardBuilder();
        var vol = 0.3 + (0.7 * r.Uniform(0));
        var rho = -0.6 + (0.9 * r.Uniform(1));
        var days = 1 + (int)(5 * r.Uniform(2));
        var count = 3 + (int)(3 * r.Uniform(3));
        for (var e = 0; e < count; e++)
        {
            var at = (ulong)(10 * (e + 1));
            var level = vol * (1 + (0.1 * (r.Uniform(at) - 0.5)));
            builder.Smile(
                days, BoardBuilder.Ssvi(level, days / 365.0, rho, 0.5 + (0.8 * r.Uniform(4))), strikes: 15, halfBand,
                forward: 60_000 * (1 + (0.02 * e * (r.Uniform(5) - 0.3))), noise: i => 0.25 * halfBand * ((2 * r.Uniform((ulong)((1000 * (e + 1)) + i))) - 1));
            days = 1 + (int)(days * (1.5 + (2 * r.Uniform(at + 1))));
        }

        return builder;
    }

    private static double[] Prices(VolSurface surface, OptionType type, double[] moneyness, double years) =>
        [.. moneyness.Select(m => Black76.Price(new BlackInputs(type, Forward: 1, Strike: m, years, surface.Vol(Math.Log(m), years))))];

    /// <summary>Price of one option of a middle strike less the mix of its neighbours, turned round: what a butterfly costs.</summary>
    private static double Butterfly(double[] prices, double[] strikes, int i)
    {
        var share = (strikes[i] - strikes[i - 1]) / (strikes[i + 1] - strikes[i - 1]);
        return ((1 - share) * prices[i - 1]) + (share * prices[i + 1]) - prices[i];
    }
}
