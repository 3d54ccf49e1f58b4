using System.CommandLine;
using System.Text.Json;
using Pms.Chain.Nodes;
using Pms.Cli.Onchain;
using Pms.Cli.Output;
using Pms.Liquidation.Gas;
using Pms.Primitives;

namespace Pms.Cli.Commands;

/// <summary><c>pms gas</c>: where the base fee may be in the next blocks, and which priority fee is taken.</summary>
internal static class GasCommand
{
    /// <summary>Of the gas of a block, by tip: the lowest stands for what a full block turned away.</summary>
    private static readonly double[] Percentiles = [5, 25, 50, 75, 95];

    private static readonly double[] Inclusion = [0.5, 0.75, 0.9, 0.95, 0.99];

    public static Command Create() => PmsCommand.Group("gas", "Forecast of the base fee with quantiles, and tips by their probability of inclusion (docs/model/gas.md).", Forecast());

    private static Command Forecast()
    {
        var input = new Argument<string?>("HISTORY.json") { Description = "result of eth_feeHistory; - reads standard input; without it --url is asked", Arity = ArgumentArity.ZeroOrOne };
        var url = ChainCommand.Url();
        var blocks = new Option<int>("--blocks") { Description = "of history asked of --url, 32 to 1024", DefaultValueFactory = _ => 600 };
        var horizon = new Option<int>("--horizon") { Description = "blocks ahead, 1 to 600", DefaultValueFactory = _ => 25 };
        var seed = new Option<ulong>("--seed") { Description = "of the drawn paths", DefaultValueFactory = _ => 1 };
        var tip = new Option<long>("--least-tip") { Description = "wei below which no block takes a transaction", DefaultValueFactory = _ => 1 };
        return PmsCommand.Create(
            "forecast",
            "Quantiles of the base fee for each of the next blocks, from a fee history.",
            "pms gas forecast fees.json --horizon 12",
            async (context, cancel) =>
            {
                var history = context.Get(input) is { } path ? Read(path) : await AskAsync(context.Get(url)!, context.Get(blocks), cancel).ConfigureAwait(false);
                return Show(context, history, BaseFeeForecast.From(history, context.Get(horizon), context.Get(seed)), context.Get(tip));
            },
            input, url, blocks, horizon, seed, tip);
    }

    private static FeeHistory Read(string path)
    {
        using var stream = CommandContext.OpenInput(path);
        using var document = JsonOutput.Read<JsonDocument>(stream);
        return FeeHistory.Parse(document.RootElement);
    }

    private static async Task<FeeHistory> AskAsync(string url, int blocks, CancellationToken cancel)
    {
        if (blocks is < BaseFeeForecast.LeastBlocks or > 1_024)
        {
            throw new InvalidInputException("gas-input", $"--blocks is {blocks}: {BaseFeeForecast.LeastBlocks} to 1024 is required");
        }

        await using var host = ChainWorkspace.Find(null).NewHost();
        var (fees, tips) = await new EthereumNode(host, url).FeeHistoryAsync(blocks, Percentiles, cancel).ConfigureAwait(false);
        return new FeeHistory([.. fees], [.. Percentiles], [.. tips.Select(t => (System.Collections.Immutable.ImmutableArray<System.Numerics.BigInteger>)[.. t])]);
    }

    private static int Show(CommandContext context, FeeHistory history, BaseFeeForecast forecast, long leastTip)
    {
        var inclusion = history.TipsWei.IsEmpty ? null : new InclusionModel(history, leastTip);
        var document = new GasForecastDocument(
            history.BaseFeesWei.Length, $"{forecast.NextWei}", forecast.Momentum, forecast.Trend,
            [.. Enumerable.Range(1, forecast.Horizon).Select(h => new GasQuantiles(h, $"{forecast.Quantile(h, 0.5)}", $"{forecast.Quantile(h, 0.9)}", $"{forecast.Quantile(h, 0.99)}"))],
            inclusion is null ? null : [.. Inclusion.Select(p => new GasTip(p, $"{inclusion.TipFor(p)}"))]);
        if (context.Json)
        {
            JsonOutput.Write(document);
            return ExitCode.Ok;
        }

        var table = new TextTable("blocks ahead", "median, wei", "90 %", "99 %");
        foreach (var q in document.Quantiles)
        {
            table.Add($"{q.BlocksAhead}", q.MedianWei, q.Q90Wei, q.Q99Wei);
        }

        table.Write();
        foreach (var t in document.Tips ?? [])
        {
            Console.WriteLine($"a tip of {t.TipWei} wei is taken by the next block with {t.Probability:P0}");
        }

        return ExitCode.Ok;
    }
}

internal sealed record GasForecastDocument(int Blocks, string NextWei, double Momentum, double Trend, IReadOnlyList<GasQuantiles> Quantiles, IReadOnlyList<GasTip>? Tips);

internal sealed record GasQuantiles(int BlocksAhead, string MedianWei, string Q90Wei, string Q99Wei);

internal sealed record GasTip(double Probability, string TipWei);
