using Pms.Numerics;
using Pms.Validation.ReverseStress;

namespace Pms.Validation.Tests.ReverseStress;

public sealed class BreachSearchTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(9)]
    public void Find_OneLinearCondition_IsTheNearestPointOfAHyperplane(int directions)
    {
        var normal = Draws(directions, 3);
        var answer = BreachSearch.Find(Linear(directions, [(normal, 4)]), []);

        var distance = 4 / Length(normal);
        answer.Found[0].Distance.ShouldBe(distance, 1e-6 * distance);
        for (var i = 0; i < directions; i++)
        {
            answer.Found[0].Point[i].ShouldBe(4 * normal[i] / (Length(normal) * Length(normal)), 1e-6);
        }
    }

    [Fact]
    public void Find_TwoConditionsAtOnce_IsTheNearestPointWhereBothHold()
    {
        // y1 >= 3 and y1 + y2 <= 1: the corner (3, -2) in the plane, 0 elsewhere.
        var answer = BreachSearch.Find(Linear(4, [([1, 0, 0, 0], 3), ([-1, -1, 0, 0], -1)]), []);

        answer.Found[0].Distance.ShouldBe(Math.Sqrt(13), 1e-5);
        answer.Found[0].Point[0].ShouldBe(3, 1e-4);
        answer.Found[0].Point[1].ShouldBe(-2, 1e-4);
    }

    [Fact]
    public void Find_ConditionsThatContradict_FindsNothingAndTellsTheWorst()
    {
        var answer = BreachSearch.Find(Linear(2, [([1, 0], 1), ([-1, 0], 1)]), []);

        answer.Found.ShouldBeEmpty();
        answer.WorstValue.ShouldBe(-1, 1e-9);
    }

    [Fact]
    public void Find_TwoBasins_FindsBothAndTheNearerFirst()
    {
        // A loss on both sides of 0: at y1 = -3 and, curved, near y1 = 4.
        var problem = new BreachProblem(
            3,
            1,
            (points, count, values) =>
            {
                for (var p = 0; p < count; p++)
                {
                    var (a, b) = (points[p * 3], points[(p * 3) + 1]);
                    values[p] = Math.Max(-a - 3, a - 4 + (0.05 * b * b));
                }
            },
            _ => 30);
        var answer = BreachSearch.Find(problem, []);

        answer.Found.Length.ShouldBeGreaterThanOrEqualTo(2);
        answer.Found[0].Distance.ShouldBe(3, 1e-6);
        answer.Found[1].Distance.ShouldBe(4, 1e-6);
    }

    [Fact]
    public void Find_BeyondTheReach_IsNotFound()
    {
        var problem = Linear(2, [([1, 1], 5)]) with { Reach = _ => 3 };
        var answer = BreachSearch.Find(problem, []);

        answer.Found.ShouldBeEmpty();
        answer.WorstValue.ShouldBeLessThan(0);
    }

    [Fact]
    public void Find_HoldsAtTheOrigin_HasDistanceZero()
    {
        BreachSearch.Find(Linear(2, [([1, 1], -1)]), []).Found.ShouldHaveSingleItem().Distance.ShouldBe(0);
    }

    private static BreachProblem Linear(int n, (double[] Normal, double Least)[] conditions) => new(
        n,
        conditions.Length,
        (points, count, values) =>
        {
            for (var p = 0; p < count; p++)
            {
                for (var c = 0; c < conditions.Length; c++)
                {
                    var sum = -conditions[c].Least;
                    for (var i = 0; i < n; i++)
                    {
                        sum += conditions[c].Normal[i] * points[(p * n) + i];
                    }

                    values[(p * conditions.Length) + c] = sum;
                }
            }
        },
        _ => 100);

    private static double[] Draws(int count, ulong seed) => [.. Enumerable.Range(0, count).Select(i => NormalDistribution.InverseCdf(new RandomStream(seed).Uniform((ulong)i)))];

    private static double Length(double[] a) => Math.Sqrt(a.Sum(x => x * x));
}
