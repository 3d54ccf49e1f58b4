using System.Diagnostics;
using Pms.Cli.Commands;
using Pms.Cli.Proofs;
using Pms.Margin.Epochs;
using Pms.Margin.Portfolios;
using Pms.MarketData.Instruments;
using Pms.Proofs.Circuits;
using Pms.Proofs.Commitments;
using Pms.Proofs.Fields;
using Pms.Proofs.Witnesses;
using Pms.Prover.Keys;
using Pms.Prover.Processes;
using Pms.Simulation.Books;
using Pms.Solvency.Shortfalls;
using Pms.Testing;
using Pms.Volatility;

namespace Pms.Cli.Tests.Proofs;

/// <summary>Circuits and engine come to the same integers: books drawn on boards, margined by the engine, proven by circuits that refuse every other number.</summary>
public sealed class EngineEqualityTests
{
    private const int Rows = 60;
    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;

    /// <summary>Over 52 books in the fast suite and 10,000 in the long one.</summary>
    [Fact]
    public async Task MarginBatch_RandomBooks_AreTheEnginesMargins()
    {
        var (wanted, seed, done) = (FuzzBudget.Long ? 10_000 : 52, 1UL, 0);
        var path = Path.Combine(RepositoryPaths.Root, "demo", "board.csv.gz");
        while (done < wanted)
        {
            done += await CompareAsync(path, seed++, Math.Min(wanted - done, 500));
        }

        done.ShouldBeGreaterThanOrEqualTo(wanted);
    }

    [Theory]
    [InlineData("deribit_book_summary_btc_2025-06-14T2158Z.json.gz")]
    [InlineData("deribit_book_summary_eth_2024-01-08T1119Z.csv.gz")]
    public async Task MarginBatch_OnARecordedBoard_AreTheEnginesMargins(string file) =>
        (await CompareAsync(RepositoryPaths.RequireShared("data", "options", file), 3, 16)).ShouldBeGreaterThanOrEqualTo(16);

    [Fact]
    public async Task AccountMarginAndSolvency_RandomBook_AreTheEnginesIntegers()
    {
        var (single, whole) = (CircuitInstance.Of("account-margin-small"), CircuitInstance.Of("solvency-small"));
        var run = Draw(Path.Combine(RepositoryPaths.Root, "demo", "board.csv.gz"), 5, 15, single.Positions);
        var scene = ProofScene.Of(run, single, new byte[32]);
        var lines = new List<ReadOnlyMemory<byte>>();
        for (var i = 0; i < run.Portfolio.Accounts.Length; i++)
        {
            lines.Add(AccountMarginWitness.Of(single, FieldElement.Of(1L), scene.Array, scene.Accounts, i, out var margin).Json);
            margin.ShouldBe((ulong)Math.Max(scene.Results[i].Tail.Es, 0));
        }

        await ShouldAcceptAsync(single, lines);

        // Every account is without its collateral but the first few, so that there is something to prove.
        var poor = new HiddenAccounts(scene.Accounts.All.Select((a, i) => i < 4 ? a : a with { Equity = -a.Equity / 2 }), whole.AccountDepth, whole.Positions);
        var witness = SolvencyWitness.Of(whole, FieldElement.Of(1L), scene.Array, poor);
        witness.Shortfall.ShouldBeGreaterThan(UInt128.Zero);
        witness.Shortfall.ShouldBe((UInt128)ShortfallTail.Of(witness.Totals.AsSpan(), whole.Tail).Es);
        await ShouldAcceptAsync(whole, [witness.Inputs.Json]);
    }

    private static async Task<int> CompareAsync(string board, ulong seed, int books)
    {
        var instance = CircuitInstance.Of("margin-batch-small");
        var run = Draw(board, seed, books, instance.Positions);
        var perTree = 1 << instance.AccountDepth;
        var all = ProofScene.Of(run, instance with { AccountDepth = 10 }, BitConverter.GetBytes(seed).Concat(new byte[8]).ToArray());
        var lines = new List<ReadOnlyMemory<byte>>();
        for (var from = 0; from < run.Portfolio.Accounts.Length; from += perTree)
        {
            var accounts = new HiddenAccounts(all.Accounts.All.Skip(from).Take(perTree), instance.AccountDepth, instance.Positions);
            for (var batch = 0; batch * instance.Accounts < accounts.All.Length; batch++)
            {
                var witness = MarginBatchWitness.Of(instance, FieldElement.Of((long)seed), all.Array, accounts, batch);
                for (var i = 0; i < instance.Accounts && from + (batch * instance.Accounts) + i < all.Results.Length; i++)
                {
                    witness.Margins[i].ShouldBe((ulong)Math.Max(all.Results[from + (batch * instance.Accounts) + i].Tail.Es, 0));
                }

                lines.Add(witness.Inputs.Json);
            }
        }

        await ShouldAcceptAsync(instance, lines);
        return run.Portfolio.Accounts.Length;
    }

    /// <summary>Books over so few contracts that a small circuit has a row for each.</summary>
    private static MarginRun Draw(string path, ulong seed, int count, int positions)
    {
        var snapshot = BoardSource.Read(path, null).Snapshot;
        var parameters = Margin.Parameters.RiskParameters.Default;
        var fits = BoardFit.Of(snapshot, parameters.Surface);
        var inputs = new EpochInputs(
            snapshot, [.. fits.Underlyings.Select(u => u.Fit.Surface).OfType<VolSurface>()], System.Collections.Immutable.ImmutableDictionary<Asset, double>.Empty, parameters, null, seed);
        var drawn = new BookGenerator(snapshot, MarginEpoch.MarketOf(inputs, [], out _), seed).Generate(16 * count);
        var contracts = drawn.SelectMany(a => a.Positions).Select(p => p.Instrument).Distinct().OrderBy(i => Attestation.Encoding.Keccak256.Hash(System.Text.Encoding.UTF8.GetBytes($"{seed} {i.Name}"))).Take(Rows - 8).ToHashSet();
        Account[] accounts = [.. drawn
            .Select(a => a with { Positions = [.. a.Positions.Where(p => contracts.Contains(p.Instrument)).Take(positions)] })
            .Where(a => a.Positions.Length > 0).Take(count)];
        accounts.Length.ShouldBe(count, "the board gives too few books");
        return new MarginRun(inputs, fits, new Portfolio([.. accounts], []), 1);
    }

    private static async Task ShouldAcceptAsync(CircuitInstance instance, IEnumerable<ReadOnlyMemory<byte>> lines)
    {
        var tools = ProofFlags.Tools();
        var circuit = await BuiltCircuit.MakeAsync(tools, instance, ProofTarget.Chain, null, ProverLimits.Default, Cancel);
        var start = new ProcessStartInfo("node") { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false };
        start.ArgumentList.Add(tools.Script("accepts.mjs"));
        start.ArgumentList.Add(circuit.Program);
        using var process = Process.Start(start)!;
        var answers = process.StandardOutput.ReadToEndAsync(Cancel);
        var asked = 0;
        foreach (var line in lines)
        {
            await process.StandardInput.BaseStream.WriteAsync(line, Cancel);
            await process.StandardInput.BaseStream.WriteAsync("\n"u8.ToArray(), Cancel);
            asked++;
        }

        process.StandardInput.Close();
        var said = (await answers).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        await process.WaitForExitAsync(Cancel);
        said.Length.ShouldBe(asked);
        said.ShouldAllBe(s => s == "yes");
    }
}
