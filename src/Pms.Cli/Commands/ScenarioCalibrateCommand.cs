using System.CommandLine;
using Pms.Cli.Output;
using Pms.Primitives;
using Pms.Scenarios;
using Pms.Scenarios.Calibration;

namespace Pms.Cli.Commands;

/// <summary><c>pms scenarios calibrate</c>: Monte Carlo dynamics from a history of prices and vols.</summary>
internal static class ScenarioCalibrateCommand
{
    private const double LevelYears = 30.0 / 365;

    public static Command Create()
    {
        var inputs = new ScenarioInputs();
        var lambda = new Option<double>("--lambda") { Description = "EWMA memory of the volatility that a jump is measured against", DefaultValueFactory = _ => new CalibrationOptions().Lambda };
        var threshold = new Option<double>("--jump-threshold") { Description = "a return beyond so many forecast standard deviations is a jump", DefaultValueFactory = _ => new CalibrationOptions().JumpThreshold };
        var output = new Option<string?>("--output", "-o") { Description = "write the scenario parameters, for --params of pms scenarios make; - is standard output" };
        return PmsCommand.Create(
            "calibrate",
            "Estimates the Monte Carlo dynamics from a folder of past prices and vols; with a board, reports today's level and skew beside them.",
            "pms scenarios calibrate --history data/ -o params.json",
            (context, _) => Task.FromResult(Run(context, inputs, new CalibrationOptions(context.Get(lambda), context.Get(threshold)), context.Get(output))),
            [.. inputs.All, lambda, threshold, output]);
    }

    private static int Run(CommandContext context, ScenarioInputs inputs, CalibrationOptions options, string? path)
    {
        if (path == "-" && context.Json)
        {
            throw new InvalidInputException("output-twice", "-o - and --json both want standard output");
        }

        var given = inputs.ReadParameters(context);
        var surfaces = inputs.ReadSurfaces(context);
        var factors = inputs.Factors(context, given, surfaces);
        var folder = inputs.ReadHistory(context) ?? throw new InvalidInputException("no-input", "--history is needed: a folder of past prices");
        var result = HistoryCalibration.Run(factors, ScenarioInputs.Known(folder, surfaces), options);
        var parameters = given with { MonteCarlo = result.Parameters };
        if (path is not null)
        {
            using var file = path == "-" ? Console.OpenStandardOutput() : File.Create(path);
            ScenarioJson.Write(file, parameters);
            file.WriteByte((byte)'\n');
        }

        if (path == "-")
        {
            return ExitCode.Ok;
        }

        var document = new CalibrationDocument(
            result.FirstDate.ToString("O"),
            result.LastDate.ToString("O"),
            parameters.Hash().ToString(),
            result.DegreesOfFreedom,
            [.. result.Coins],
            [
                .. surfaces.Select(s => new LevelDocument(
                    s.Underlying.Name, s.Vol(0, LevelYears), s.Derivatives(0, LevelYears).W1 / (2 * Math.Sqrt(s.TotalVariance(0, LevelYears))))),
            ],
            [.. result.Adjustments],
            parameters,
            [.. folder.Files.Where(f => f.Format != "ignored").Select(FileReport.Of)],
            path);
        if (context.Json)
        {
            // Parameters have their own spelling of assets and choices, which is theirs to write.
            using var stream = Console.OpenStandardOutput();
            ScenarioJson.Write(stream, document);
            stream.WriteByte((byte)'\n');
            return ExitCode.Ok;
        }

        Write(document);
        return ExitCode.Ok;
    }

    private static void Write(CalibrationDocument d)
    {
        var mc = d.Parameters.MonteCarlo!;
        Console.WriteLine($"returns from {d.FirstDate} to {d.LastDate}, Student t with {d.DegreesOfFreedom:F2} degrees of freedom");
        var table = new TextTable("coin", "returns", "vol now %", "long run %", "jumps", "common", "own jumps/y", "mean %", "sd %", "crash loading", "kappa", "vol of var", "spot-vol");
        foreach (var (c, p) in d.Coins.Zip(mc.Coins))
        {
            table.Add(
                c.Coin.Code,
                $"{c.Returns}",
                $"{100 * c.EwmaVol:F1}",
                $"{100 * c.LongRunVol:F1}",
                $"{c.Jumps}",
                $"{c.CommonJumps}",
                $"{p.OwnJump.IntensityPerYear:F2}",
                $"{100 * p.OwnJump.LogMean:F1}",
                $"{100 * p.OwnJump.LogSd:F1}",
                $"{p.CrashLoading:F2}",
                $"{p.Variance.MeanReversion:F1}",
                $"{p.Variance.VolOfVariance:F2}",
                $"{p.Variance.Correlation:F2}");
        }

        table.Write();
        Console.WriteLine($"crash: {mc.Crash.IntensityPerYear:F2} a year, log mean {100 * mc.Crash.LogMean:F1} %, sd {100 * mc.Crash.LogSd:F1} %");
        Console.WriteLine($"price correlations {Row(mc.PriceCorrelation)}; of variance {Row(mc.VarianceCorrelation)}");
        foreach (var level in d.Levels)
        {
            Console.WriteLine($"{level.Underlying} today: 30-day ATM vol {100 * level.AtmVol30:F1} %, skew {level.Skew30:F4}");
        }

        foreach (var c in d.Coins)
        {
            Console.WriteLine($"{c.Coin} keeps its defaults of: {string.Join("; ", c.Kept)}");
        }

        foreach (var note in d.Adjustments)
        {
            Console.WriteLine(note);
        }

        if (d.Path is not null)
        {
            Console.WriteLine($"written to {d.Path}");
        }
    }

    private static string Row(IEnumerable<double> matrix) => string.Join(" ", matrix.Select(x => $"{x:F2}"));

    private sealed record LevelDocument(string Underlying, double AtmVol30, double Skew30);

    private sealed record CalibrationDocument(
        string FirstDate,
        string LastDate,
        string ParametersHash,
        double DegreesOfFreedom,
        IReadOnlyList<CoinCalibration> Coins,
        IReadOnlyList<LevelDocument> Levels,
        IReadOnlyList<string> Adjustments,
        ScenarioParameters Parameters,
        IReadOnlyList<FileReport> Files,
        string? Path);
}
