namespace Pms.Testing;

/// <summary>How many random cases a property runs: PMS_LONG=1 (make test-long) multiplies the count by ten.</summary>
public static class FuzzBudget
{
    public static bool Long { get; } = Environment.GetEnvironmentVariable("PMS_LONG") == "1";

    /// <param name="cases">count for the fast suite</param>
    public static int Cases(int cases) => Long ? cases * 10 : cases;
}
