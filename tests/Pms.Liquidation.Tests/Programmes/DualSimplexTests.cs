using Google.OrTools.LinearSolver;
using Pms.Liquidation.Programmes;
using Pms.Numerics;
using Pms.Testing;

namespace Pms.Liquidation.Tests.Programmes;

public sealed class DualSimplexTests
{
    private const ulong Seed = 314;

    [Fact]
    public void Solve_RandomProgrammesRowByRow_CostAndStateAsAnotherSolver()
    {
        var infeasible = 0;
        for (var c = 0; c < FuzzBudget.Cases(400); c++)
        {
            var stream = new RandomStream(Seed).Derive((ulong)c);
            ulong next = 0;
            double Draw() => stream.Uniform(next++);
            var columns = 1 + (int)(Draw() * 12);
            // Free variables, bounded ones, and costs of 0 among them.
            var costs = Enumerable.Range(0, columns).Select(_ => Draw() < 0.2 ? 0 : Draw()).ToArray();
            var upper = Enumerable.Range(0, columns).Select(_ => Draw() < 0.3 ? double.PositiveInfinity : 0.1 + Draw()).ToArray();
            var own = new DualSimplex(costs, upper);
            using var other = Solver.CreateSolver("GLOP");
            var variables = Enumerable.Range(0, columns).Select(v => other.MakeNumVar(0, upper[v], "")).ToArray();
            for (var v = 0; v < columns; v++)
            {
                other.Objective().SetCoefficient(variables[v], costs[v]);
            }

            other.Objective().SetMinimization();
            var rows = new List<(double[] Coefficients, double Least)>();
            for (var r = 0; r < 15; r++)
            {
                var coefficients = Enumerable.Range(0, columns).Select(_ => Draw() < 0.3 ? 0 : (2 * Draw()) - 0.8).ToArray();
                var least = (0.6 * Draw()) - 0.2;
                rows.Add((coefficients, least));
                own.AddRow(coefficients, least);
                var constraint = other.MakeConstraint(least, double.PositiveInfinity, "");
                for (var v = 0; v < columns; v++)
                {
                    constraint.SetCoefficient(variables[v], coefficients[v]);
                }

                var what = $"seed {Seed}, case {c}, row {r}";
                var state = other.Solve();
                own.Solve().ShouldBe(state == Solver.ResultStatus.OPTIMAL ? ProgrammeState.Optimal : ProgrammeState.Infeasible, what);
                if (state != Solver.ResultStatus.OPTIMAL)
                {
                    infeasible++;
                    break;
                }

                own.Cost.ShouldBe(other.Objective().Value(), 1e-7, what);
                var values = new double[columns];
                own.CopyValues(values);
                values.Zip(costs, (v, cost) => v * cost).Sum().ShouldBe(own.Cost, 1e-7, what);
                values.Zip(upper).All(v => v.First >= -1e-7 && v.First <= v.Second + 1e-7).ShouldBeTrue(what);
                rows.All(row => row.Coefficients.Zip(values, (a, v) => a * v).Sum() >= row.Least - 1e-7).ShouldBeTrue(what);
            }
        }

        infeasible.ShouldBeGreaterThan(10, "the draw must reach programmes without a solution");
    }

    [Fact]
    public void Shift_RandomRowsUpAndDown_AsTheProgrammeMadeAnew()
    {
        var infeasible = 0;
        for (var c = 0; c < FuzzBudget.Cases(200); c++)
        {
            var stream = new RandomStream(Seed).Derive(10_000 + (ulong)c);
            ulong next = 0;
            double Draw() => stream.Uniform(next++);
            var columns = 1 + (int)(Draw() * 8);
            var costs = Enumerable.Range(0, columns).Select(_ => Draw() < 0.2 ? 0 : Draw()).ToArray();
            var upper = Enumerable.Range(0, columns).Select(_ => Draw() < 0.3 ? double.PositiveInfinity : 0.1 + Draw()).ToArray();
            var kept = new DualSimplex(costs, upper);
            var rows = new List<(double[] Coefficients, double Least)>();
            for (var r = 0; r < 6; r++)
            {
                rows.Add(([.. Enumerable.Range(0, columns).Select(_ => Draw() < 0.3 ? 0 : (2 * Draw()) - 0.8)], (0.6 * Draw()) - 0.3));
                kept.AddRow(rows[r].Coefficients, rows[r].Least).ShouldBe(r);
            }

            for (var step = 0; step < 12; step++)
            {
                var (r, more) = ((int)(Draw() * rows.Count), Draw() - 0.5);
                rows[r] = rows[r] with { Least = rows[r].Least + more };
                kept.Shift(r, more);
                var anew = new DualSimplex(costs, upper);
                rows.ForEach(row => anew.AddRow(row.Coefficients, row.Least));
                var what = $"seed {Seed}, case {c}, step {step}";
                var state = kept.Solve();
                state.ShouldBe(anew.Solve(), what);
                infeasible += state == ProgrammeState.Infeasible ? 1 : 0;
                if (state == ProgrammeState.Optimal)
                {
                    kept.Cost.ShouldBe(anew.Cost, 1e-7, what);
                }
            }
        }

        infeasible.ShouldBeGreaterThan(10, "and come back from programmes without a solution");
    }

    [Fact]
    public void Constructor_NegativeCost_IsRefused() => Should.Throw<ArgumentOutOfRangeException>(() => new DualSimplex([-1], [1]));

    [Fact]
    public void Constructor_UnlikeLengths_AreRefused() => Should.Throw<ArgumentException>(() => new DualSimplex([1, 2], [1]));
}
