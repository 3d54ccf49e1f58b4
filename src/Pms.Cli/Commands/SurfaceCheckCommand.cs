using System.CommandLine;
using System.Globalization;
using Pms.Cli.Output;
using Pms.MarketData.Instruments;
using Pms.Primitives;
using Pms.Volatility;
using Pms.Volatility.Arbitrage;
using Pms.Volatility.Svi;

namespace Pms.Cli.Commands;

/// <summary><c>pms surface check</c>: proves a board's surface, or one raw-SVI slice, free of arbitrage, or shows where it is not.</summary>
internal static class SurfaceCheckCommand
{
    // Beyond these the answer would be about the range of a double and not about a smile.
    private const double LeastYears = 1e-9;
    private const double MostYears = 1e6;
    private const double MostTotalVariance = 1e6;

    public static Command Create()
    {
        var board = new Argument<string?>("BOARD") { Description = "file of market data; - reads standard input", Arity = ArgumentArity.ZeroOrOne };
        var at = new Option<string?>("--at") { Description = "instant of the board, ISO 8601 in UTC; default: the last of the file" };
        var svi = new Option<string?>("--svi") { Description = "check one slice instead: a,b,rho,m,sigma of the raw form" };
        var years = new Option<double>("--years") { Description = "time to expiry of the --svi slice; scales its jump-wing parameters only", DefaultValueFactory = _ => 1.0 };
        return PmsCommand.Create(
            "check",
            "Proves that a surface allows no butterfly and no calendar arbitrage; exit code 5 when it does.",
            "pms surface check --svi 0.04,0.4,-0.4,0.05,0.1 --years 1",
            (context, _) => Task.FromResult(context.Get(svi) is { } text
                ? CheckSlice(context, context.Get(board), Parse(text), context.Get(years))
                : CheckBoard(context, context.Get(board), BoardSource.ParseInstant(context.Get(at)))),
            board,
            at,
            svi,
            years);
    }

    private static int CheckBoard(CommandContext context, string? path, DateTimeOffset? at)
    {
        if (path is null)
        {
            throw new InvalidInputException("no-input", "neither a BOARD nor --svi was given");
        }

        var (snapshot, _) = BoardSource.Read(path, at);
        var fits = BoardFit.Of(snapshot, SurfaceParameters.Default);
        var checks = fits.Underlyings
            .Where(u => u.Fit.Surface is not null)
            .Select(u => UnderlyingCheck.Of(u.Fit.Underlying, SurfaceCheck.Run(u.Fit.Surface!)))
            .ToArray();
        if (context.Json)
        {
            JsonOutput.Write(new CheckDocument(snapshot.ObservedAt.ToIso(), checks));
        }
        else
        {
            foreach (var check in checks)
            {
                Console.WriteLine(
                    $"{check.Name}: {check.ButterflyViolations} butterfly and {check.CalendarViolations} calendar violations, least g {check.LeastG:G4} on expiries, "
                    + $"{check.LeastGBetween:G4} between them, {check.Cells} intervals proven");
                foreach (var v in check.Violations)
                {
                    Console.WriteLine($"  {v.Kind} at {v.Expiry}, k = {v.K}: {v.Amount:G6}");
                }
            }
        }

        return checks.All(c => c.Violations.Count == 0) && checks.Length > 0 ? ExitCode.Ok : checks.Length == 0 ? ExitCode.StaleData : ExitCode.VerificationFailed;
    }

    private static int CheckSlice(CommandContext context, string? path, RawSvi svi, double years)
    {
        if (path is not null)
        {
            throw new InvalidInputException("flags-conflict", $"both '{path}' and --svi were given: a board or one slice is checked");
        }

        if (!(years is >= LeastYears and <= MostYears))
        {
            throw new InvalidInputException("years-range", $"--years {years} is not between {LeastYears:G} and {MostYears:G}");
        }

        if (!svi.TryValidate(out var refusal))
        {
            throw refusal!.ToException();
        }

        if (svi.TotalVariance(0) is not (> 0 and <= MostTotalVariance) || svi.LeftSlope > MostTotalVariance || svi.RightSlope > MostTotalVariance)
        {
            throw new InvalidInputException("svi-range", $"{svi}: total variance at the money above 0 and at most {MostTotalVariance:G}, and wings no steeper than that, are required");
        }

        var minimum = ButterflyCheck.Minimum(svi);
        var proof = ButterflyCheck.Prove(svi);
        var negative = ButterflyCheck.NegativeRanges(svi);
        var wings = JumpWings.FromRaw(svi, years);
        var document = new SviCheckDocument(
            new SviInputDocument(svi.A, svi.B, svi.Rho, svi.M, svi.Sigma, years),
            proof.Proven,
            new MinimumDocument(Wing(minimum.K), minimum.G),
            [.. negative.Select(r => new RangeDocument(Wing(r.From), Wing(r.To)))],
            new JumpWingsDocument(wings.Variance, wings.Skew, wings.PutSlope, wings.CallSlope, wings.MinimumVariance),
            svi.LeftSlope,
            svi.RightSlope);
        if (context.Json)
        {
            JsonOutput.Write(document);
        }
        else
        {
            Console.WriteLine(proof.Proven ? "no butterfly arbitrage: g >= 0 for every k" : "butterfly arbitrage");
            Console.WriteLine($"least g {minimum.G:G10} at k = {minimum.K:G10}");
            foreach (var range in negative)
            {
                Console.WriteLine($"g < 0 for k from {range.From:G10} to {range.To:G10}");
            }

            Console.WriteLine($"wing slopes {svi.LeftSlope:G6} (left), {svi.RightSlope:G6} (right); Lee's bound is 2");
            Console.WriteLine($"jump wings: v {wings.Variance:G10}, psi {wings.Skew:G10}, p {wings.PutSlope:G10}, c {wings.CallSlope:G10}, v~ {wings.MinimumVariance:G10}");
        }

        return proof.Proven ? ExitCode.Ok : ExitCode.VerificationFailed;
    }

    private static RawSvi Parse(string text)
    {
        var parts = text.Split(',');
        var numbers = new double[5];
        if (parts.Length != 5)
        {
            throw new InvalidInputException("svi-format", $"--svi '{text}' has {parts.Length} numbers: a,b,rho,m,sigma are expected");
        }

        for (var i = 0; i < 5; i++)
        {
            if (!double.TryParse(parts[i], NumberStyles.Float, CultureInfo.InvariantCulture, out numbers[i]))
            {
                throw new InvalidInputException("svi-format", $"--svi: '{parts[i]}' is not a number");
            }
        }

        return new RawSvi(numbers[0], numbers[1], numbers[2], numbers[3], numbers[4]);
    }

    /// <summary>JSON has no infinity: a wing is told by name.</summary>
    private static object Wing(double k) => double.IsNegativeInfinity(k) ? "-inf" : double.IsPositiveInfinity(k) ? "inf" : k;

    private sealed record CheckDocument(string ObservedAt, IReadOnlyList<UnderlyingCheck> Underlyings);

    private sealed record UnderlyingCheck(
        string Name, int ButterflyViolations, int CalendarViolations, double? LeastG, double? LeastGBetween, int Cells, IReadOnlyList<ViolationDocument> Violations)
    {
        public static UnderlyingCheck Of(UnderlyingId id, SurfaceCheckReport report) => new(
            id.Name,
            report.ButterflyViolations,
            report.CalendarViolations,
            Finite(report.LeastG),
            Finite(report.LeastGBetween),
            report.Cells,
            [.. report.Violations.Select(v => new ViolationDocument(v.Kind.ToString(), v.Expiry.ToIso(), Wing(v.K), Finite(v.Amount)))]);

        private static double? Finite(double value) => double.IsFinite(value) ? value : null;
    }

    private sealed record ViolationDocument(string Kind, string Expiry, object K, double? Amount);

    private sealed record SviCheckDocument(
        SviInputDocument Svi,
        bool ButterflyFree,
        MinimumDocument MinG,
        IReadOnlyList<RangeDocument> Negative,
        JumpWingsDocument JumpWings,
        double LeeLeftSlope,
        double LeeRightSlope);

    private sealed record SviInputDocument(double A, double B, double Rho, double M, double Sigma, double Years);

    private sealed record MinimumDocument(object K, double G);

    private sealed record RangeDocument(object From, object To);

    private sealed record JumpWingsDocument(double V, double Psi, double P, double C, double VTilde);
}
