using Pms.MarketData.Instruments;
using Pms.MarketData.Snapshots;
using Pms.Numerics;
using Pms.Primitives;
using Pms.Testing;
using Pms.Volatility.Arbitrage;
using Pms.Volatility.Svi;

namespace Pms.Volatility.Tests;

public sealed class SurfaceFitterTests
{
    private static readonly SurfaceParameters Parameters = SurfaceParameters.Default;

    [Theory]
    [InlineData(5_000)]
    [InlineData(1e-9)]
    public void NearestWithoutArbitrage_VertexFarOutsideTheFitsBounds_GivesASurface(double sigma)
    {
        // Nearly straight, or with a nearly sharp corner: legal smiles whose Sigma no fit of this level would choose.
        var smile = new RawSvi(0.01, 0.02 / (1 + sigma), -0.2, 0, sigma);
        var surface = new VolSurface(new BoardBuilder().Id, BoardBuilder.At, [new VolSlice(BoardBuilder.At.AddDays(20), 20 / 365.0, 60_000, smile)], default);

        var nearest = SurfaceFitter.NearestWithoutArbitrage(surface, Parameters);

        nearest.Slices.Length.ShouldBe(1);
        PlainArbitrage.Violations(nearest).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(12, 0.4, 10)]
    [InlineData(40, 0.2, 3)]
    public void Fit_VolsThatContradictEachOtherEverywhere_GivesASurfaceWithoutArbitrage(int expiries, double noise, int boards)
    {
        // Daily expiries whose vols are off by up to the noise, each strike alone: nearly every condition of every smile is broken at the start. Each
        // fit is the prior of the next, as in a replay.
        VolSurface? previous = null;
        for (ulong seed = 1; seed <= (ulong)boards; seed++)
        {
            var random = new RandomStream(seed);
            var builder = new BoardBuilder();
            for (var d = 1; d <= expiries; d++)
            {
                var draw = (ulong)(d * 1000);
                builder.Smile(d + 1, BoardBuilder.Ssvi(0.5, (d + 1) / 365.0), strikes: 10, noise: i => noise * ((2 * random.Uniform(draw + (ulong)i)) - 1));
            }

            var fit = SurfaceFitter.Fit(builder.Board, BoardBuilder.At, Parameters, previous);

            previous = fit.Surface.ShouldNotBeNull($"seed {seed}");
            (fit.ButterflyViolations, fit.CalendarViolations).ShouldBe((0, 0), $"seed {seed}");
            PlainArbitrage.Violations(fit.Surface!).ShouldBeEmpty($"seed {seed}");
        }
    }

    [Theory]
    [InlineData(Settlement.Inverse)]
    [InlineData(Settlement.Linear)]
    public void Fit_CleanBoard_RecoversTheSmiles(Settlement settlement)
    {
        int[] days = [3, 10, 30, 90, 270];
        var builder = new BoardBuilder(settlement);
        foreach (var d in days)
        {
            builder.Smile(d, BoardBuilder.Ssvi(0.5, d / 365.0));
        }

        var fit = SurfaceFitter.Fit(builder.Board, BoardBuilder.At, Parameters);
        fit.Degraded.ShouldBeEmpty();
        fit.InsideBidAsk.ShouldBe(1.0);
        fit.Used.ShouldBe(fit.Seen);
        PlainArbitrage.Violations(fit.Surface!).ShouldBeEmpty();
        foreach (var slice in fit.Slices)
        {
            slice.RmseVol!.Value.ShouldBeLessThan(5e-4);
            slice.ForwardSource.ShouldBe(ForwardSource.Venue);
            slice.MinG!.Value.ShouldBeGreaterThan(0);
        }
    }

    [Fact]
    public void Fit_SameBoardTwice_SameHash()
    {
        var board = Noisy(7, 3).Board;
        var one = SurfaceFitter.Fit(board, BoardBuilder.At, Parameters).Surface!;
        var two = SurfaceFitter.Fit(board, BoardBuilder.At, Parameters).Surface!;
        two.Hash().ShouldBe(one.Hash());
        SurfaceFitter.Fit(board, BoardBuilder.At, Parameters with { PullToMid = 0.05 }).Surface!.Hash().ShouldNotBe(one.Hash());
    }

    [Fact]
    public void Fit_KnownBoard_KnownBits()
    {
        // The same bits with and without AVX2, and on any number of threads: run the suite with DOTNET_EnableAVX2=0 or DOTNET_EnableHWIntrinsic=0
        // to compare. A change of the fitter that moves a bit changes this hash; say why where it is changed.
        var boards = Enumerable.Range(0, 8).Select(i => Noisy((ulong)(20 + i), 4).Board).ToArray();
        var hashes = new ContentHash[boards.Length];
        var threads = Enumerable.Range(0, 2).Select(t => new Thread(() =>
        {
            for (var i = t; i < boards.Length; i += 2)
            {
                hashes[i] = SurfaceFitter.Fit(boards[i], BoardBuilder.At, Parameters).Surface!.Hash();
            }
        })).ToArray();
        Array.ForEach(threads, t => t.Start());
        Array.ForEach(threads, t => t.Join());
        for (var i = 0; i < boards.Length; i++)
        {
            SurfaceFitter.Fit(boards[i], BoardBuilder.At, Parameters).Surface!.Hash().ShouldBe(hashes[i]);
        }

        var writer = new CanonicalWriter("test");
        foreach (var hash in hashes)
        {
            writer.Write(hash.ToString());
        }

        writer.Hash().ToString()[..16].ShouldBe("0d1c2d62094192bf");
    }

    [Fact]
    public void Fit_SmilesThatCrossInTime_AreSeparated()
    {
        // The later expiry quoted at less total variance: the fit must give up quotes, not the order.
        var builder = new BoardBuilder()
            .Smile(20, BoardBuilder.Ssvi(0.7, 20 / 365.0))
            .Smile(30, BoardBuilder.Ssvi(0.5, 30 / 365.0));
        var fit = SurfaceFitter.Fit(builder.Board, BoardBuilder.At, Parameters);
        fit.JointRounds.ShouldBeGreaterThan(0);
        fit.CalendarViolations.ShouldBe(0);
        PlainArbitrage.Violations(fit.Surface!).ShouldBeEmpty();
        fit.InsideBidAsk!.Value.ShouldBeLessThan(1);
    }

    [Fact]
    public void Fit_OneMaliciousTightQuote_MovesTheSmileLittle()
    {
        // Influence bound: a quote of one tenth of the others' width, 6 % off in vol, against 29 honest ones. The smile moves by about two
        // honest half-bands at most (2 % of vol each), and by more without the bounds.
        var builder = new BoardBuilder().Smile(30, BoardBuilder.Ssvi(0.5, 30 / 365.0), halfBand: 0.02);
        var target = builder.Board.Expiries[0].Options[15];
        var o = (EuropeanOption)target.Instrument;
        var board = BoardBuilder.Only(builder.Board, 0, q => q != target ? q : builder.Quote(
            30, o.Strike, o.Type, builder.Price(o.Type, 60_000, o.Strike, 30 / 365.0, 0.53), builder.Price(o.Type, 60_000, o.Strike, 30 / 365.0, 0.532)));

        var bounded = Move(Parameters);
        var unbounded = Move(Parameters with { InfluenceCapHalfBands = 100, LeastRelativeHalfBand = 0, LeastShareOfTypicalBand = 0 });
        bounded.ShouldBeLessThan(0.05, $"unbounded {unbounded}");
        unbounded.ShouldBeGreaterThan(1.2 * bounded);

        double Move(SurfaceParameters parameters)
        {
            var honest = SurfaceFitter.Fit(builder.Board, BoardBuilder.At, parameters).Surface!.Slices[0];
            var attacked = SurfaceFitter.Fit(board, BoardBuilder.At, parameters).Surface!.Slices[0];
            var most = 0.0;
            for (var k = -0.3; k <= 0.3; k += 0.05)
            {
                most = Math.Max(most, Math.Abs((attacked.Vol(k) / honest.Vol(k)) - 1));
            }

            return most;
        }
    }

    [Theory]
    [InlineData(4, "few-quotes")]
    [InlineData(2, "few-quotes")]
    [InlineData(1, "one-quote")]
    public void Fit_FewStrikes_LeansOnTheNeighbourAndSaysSo(int strikes, string code)
    {
        var builder = new BoardBuilder()
            .Smile(30, BoardBuilder.Ssvi(0.5, 30 / 365.0))
            .Smile(60, BoardBuilder.Ssvi(0.5, 60 / 365.0));
        var board = BoardBuilder.Only(builder.Board, 1, q => Middle(q, strikes));
        var fit = SurfaceFitter.Fit(board, BoardBuilder.At, Parameters);
        fit.Slices[1].Degraded.Select(d => d.Code).ShouldBe([code]);
        fit.Slices[1].Slice!.Vol(0).ShouldBe(0.5, 0.01);
        fit.Slices[0].Degraded.ShouldBeEmpty();
        PlainArbitrage.Violations(fit.Surface!).ShouldBeEmpty();
    }

    [Fact]
    public void Fit_ExpiryWithoutQuotes_CarriesTheLastGoodSmile()
    {
        var builder = Noisy(11, 3);
        var before = SurfaceFitter.Fit(builder.Board, BoardBuilder.At, Parameters);
        var later = BoardBuilder.At.AddMinutes(10);
        var silent = BoardBuilder.Only(builder.Board, 1, q => q with { Values = q.Values with { Bid = null, Ask = null } });

        var carried = SurfaceFitter.Fit(silent, later, Parameters, before.Surface);
        carried.Slices[1].Degraded.Select(d => d.Code).ShouldBe(["last-good"]);
        carried.Slices[1].Slice!.Vol(0).ShouldBe(before.Slices[1].Slice!.Vol(0), 0.01);
        PlainArbitrage.Violations(carried.Surface!).ShouldBeEmpty();

        var alone = SurfaceFitter.Fit(silent, later, Parameters);
        alone.Slices[1].Slice.ShouldBeNull();
        alone.Slices[1].Degraded.Select(d => d.Code).ShouldBe(["no-quotes"]);
        alone.Surface!.Vol(0, alone.Slices[1].Years).ShouldBe(before.Slices[1].Slice!.Vol(0), 0.02);
    }

    [Fact]
    public void Fit_BoardWithoutAnyQuote_ReturnsTheLastSurfaceWithItsAge()
    {
        var builder = Noisy(12, 2);
        var before = SurfaceFitter.Fit(builder.Board, BoardBuilder.At, Parameters).Surface!;
        var empty = builder.Board with { Expiries = [] };
        var fit = SurfaceFitter.Fit(empty, BoardBuilder.At.AddMinutes(7), Parameters, before);
        fit.Surface.ShouldBeSameAs(before);
        fit.Age.ShouldBe(TimeSpan.FromMinutes(7));
        fit.Degraded.Select(d => d.Code).ShouldBe(["last-good"]);

        var tooLate = SurfaceFitter.Fit(empty, BoardBuilder.At.AddHours(Parameters.MaxCarryHours + 1), Parameters, before);
        tooLate.Surface.ShouldBeNull();
        tooLate.Degraded.Select(d => d.Code).ShouldBe(["no-surface"]);
    }

    [Fact]
    public void Fit_PreviousOfAnotherUnderlying_Refuses()
    {
        var previous = SurfaceFitter.Fit(Noisy(13, 2).Board, BoardBuilder.At, Parameters).Surface;
        var board = new BoardBuilder(Settlement.Linear).Smile(30, BoardBuilder.Ssvi(0.5, 30 / 365.0)).Board;
        Should.Throw<InvalidInputException>(() => SurfaceFitter.Fit(board, BoardBuilder.At, Parameters, previous)).Code.ShouldBe("surface-underlying");
    }

    [Fact]
    public void Fit_WarmStart_AgreesWithColdWithinTheBand()
    {
        var builder = Noisy(14, 4);
        var cold = SurfaceFitter.Fit(builder.Board, BoardBuilder.At, Parameters);
        var warm = SurfaceFitter.Fit(builder.Board, BoardBuilder.At, Parameters, cold.Surface);
        for (var i = 0; i < cold.Slices.Length; i++)
        {
            warm.Slices[i].Slice!.Vol(0).ShouldBe(cold.Slices[i].Slice!.Vol(0), 2e-3);
        }
    }

    [Fact]
    public void Fit_RandomBoards_NeverBreaksOrderOrThrows()
    {
        // Random smiles (with and without arbitrage), random spreads, holes, spoilt quotes: the outcome is free of arbitrage or there is none.
        var random = new RandomStream(301);
        var cases = FuzzBudget.Cases(2_500);
        var surfaces = 0;
        for (ulong i = 0; i < (ulong)cases; i++)
        {
            var board = RandomBoard(random.Derive(i));
            var fit = SurfaceFitter.Fit(board, BoardBuilder.At, Parameters);
            fit.CalendarViolations.ShouldBe(0, $"case {i}");
            fit.ButterflyViolations.ShouldBe(0, $"case {i}");
            if (fit.Surface is null)
            {
                continue;
            }

            surfaces++;
            PlainArbitrage.Violations(fit.Surface).ShouldBeEmpty($"case {i}");
            foreach (var slice in fit.Surface.Slices)
            {
                double.IsFinite(slice.Vol(0)).ShouldBeTrue($"case {i}");
            }
        }

        surfaces.ShouldBeGreaterThan(cases / 2);
    }

    [Fact]
    public void Fit_RandomVolPoints_NeverBreaksOrderOrThrows()
    {
        var random = new RandomStream(302);
        var cases = FuzzBudget.Cases(100_000);
        for (ulong i = 0; i < (ulong)cases; i++)
        {
            var r = random.Derive(i);
            var expiries = new List<VolPoints>();
            var years = 0.0;
            var count = 1 + (int)(3 * r.Uniform(0));
            for (var e = 0; e < count; e++)
            {
                var at = (ulong)(100 * (e + 1));
                years += Math.Exp(-7 + (6 * r.Uniform(at)));
                var vol = 0.2 + r.Uniform(at + 1);
                var smile = BoardBuilder.Ssvi(vol, years, -0.9 + (1.8 * r.Uniform(at + 2)), 0.1 + (2.5 * r.Uniform(at + 3)));
                var n = 5 + (int)(12 * r.Uniform(at + 4));
                var k = new double[n];
                var vols = new double[n];
                var noise = 0.1 * r.Uniform(at + 5);
                for (var j = 0; j < n; j++)
                {
                    k[j] = vol * Math.Sqrt(years) * ((6.0 * j / (n - 1)) - 3);
                    vols[j] = Math.Sqrt(smile.TotalVariance(k[j]) / years) * (1 + (noise * (r.Uniform(at + 10 + (ulong)j) - 0.5)));
                }

                expiries.Add(new VolPoints(years, k, vols));
            }

            var fit = SurfaceFitter.Fit(expiries, Parameters);
            for (var e = 0; e < count; e++)
            {
                double.IsFinite(fit.RmsVol[e]).ShouldBeTrue($"case {i}");
                ButterflyCheck.Prove(fit.Smiles[e]).Proven.ShouldBeTrue($"case {i} expiry {e} {fit.Smiles[e]}");
                if (e > 0)
                {
                    CalendarCheck.Prove(fit.Smiles[e - 1], fit.Smiles[e]).Proven.ShouldBeTrue($"case {i} expiry {e} {fit.Smiles[e - 1]} {fit.Smiles[e]}");
                }
            }
        }
    }

    private static BoardBuilder Noisy(ulong seed, int expiries)
    {
        var random = new RandomStream(seed);
        var builder = new BoardBuilder();
        for (var e = 0; e < expiries; e++)
        {
            var at = (ulong)(1000 * e);
            var days = 7 * (1 << e);
            builder.Smile(days, BoardBuilder.Ssvi(0.5, days / 365.0), noise: j => 0.006 * (random.Uniform(at + (ulong)j) - 0.5));
        }

        return builder;
    }

    /// <summary>Keeps the strikes nearest to the forward.</summary>
    private static InstrumentQuote? Middle(InstrumentQuote q, int strikes)
    {
        // 15 strikes from -3 to 3 deviations of 60 days at 50 %: 0.0869 apart in log-moneyness, the middle one at the money.
        var step = Math.Log(((EuropeanOption)q.Instrument).StrikeValue / 60_000) / (6.0 / 14 * 0.5 * Math.Sqrt(60 / 365.0));
        var low = -(strikes - 1) / 2;
        return step > low - 0.5 && step < low + strikes - 0.5 ? q : null;
    }

    private static UnderlyingBoard RandomBoard(RandomStream r)
    {
        var builder = new BoardBuilder(r.Uniform(0) < 0.8 ? Settlement.Inverse : Settlement.Linear);
        var count = 1 + (int)(5 * r.Uniform(1));
        var days = 0;
        for (var e = 0; e < count; e++)
        {
            var at = (ulong)(1000 * (e + 1));
            days += 1 + (int)(40 * r.Uniform(at) * r.Uniform(at + 1));
            var smile = BoardBuilder.Ssvi(0.25 + r.Uniform(at + 2), days / 365.0, -0.8 + (1.6 * r.Uniform(at + 3)), 0.2 + (2 * r.Uniform(at + 4)));
            var noise = 0.1 * r.Uniform(at + 6) * r.Uniform(at + 7);
            builder.Smile(
                days,
                smile,
                strikes: 1 + (int)(20 * r.Uniform(at + 5)),
                halfBand: 0.001 + (0.1 * r.Uniform(at + 8)),
                noise: j => noise * (r.Uniform(at + 20 + (ulong)j) - 0.5),
                venueForward: r.Uniform(at + 9) < 0.7);
        }

        var board = builder.Board;
        for (var e = 0; e < count; e++)
        {
            var index = 0UL;
            var at = (ulong)((1000 * (e + 1)) + 100);
            var damage = 0.3 * r.Uniform(at - 1);
            board = BoardBuilder.Only(board, e, q =>
            {
                index += 4;
                if (r.Uniform(at + index) > damage)
                {
                    return q;
                }

                var v = q.Values;
                return (int)(9 * r.Uniform(at + index + 1)) switch
                {
                    0 => null,
                    1 => q with { Values = v with { Bid = null } },
                    2 => q with { Values = v with { Ask = null } },
                    3 => q with { Values = v with { Bid = v.Ask, Ask = v.Bid } },
                    4 => q with { Values = v with { Bid = v.Bid * 1e-3 } },
                    5 => q with { Values = v with { Bid = v.Bid * 5, Ask = v.Ask * 6 } },
                    6 => q with { Values = v with { Ask = double.PositiveInfinity, Bid = double.NaN } },
                    7 => q with { Values = v with { UnderlyingPrice = v.UnderlyingPrice * (1 + (0.01 * (r.Uniform(at + index + 2) - 0.5))) } },
                    _ => q with { Values = v with { UnderlyingPrice = -1 } },
                };
            });
        }

        return board;
    }
}
