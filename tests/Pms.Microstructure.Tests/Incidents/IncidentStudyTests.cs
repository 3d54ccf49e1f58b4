using Pms.Microstructure.Incidents;
using Pms.Primitives;

namespace Pms.Microstructure.Tests.Incidents;

/// <summary>Every incident on a small book: this system's pass rules, and, where one is not met, that it is this one and no other (docs/studies/incidents.md).</summary>
public sealed class IncidentStudyTests
{
    // The margin knows no cap on open interest and no haircut on profits that nobody has paid out: both attacks pay.
    private const string Attack =
        "what the attackers gain with 0.2 days of volume, USD; what the attackers gain with 1 days of volume, USD; what the attackers gain with 5 days of volume, USD; loss beyond the fund, USD";

    private static readonly IncidentOptions Options = IncidentOptions.Default with { Accounts = 30, Scenarios = 200, Threads = 2 };

    [Theory]
    [InlineData("S01", "")]
    [InlineData("S04", Attack)]
    [InlineData("S06", "")]
    [InlineData("S08", Attack)]
    [InlineData("S09", "loss of accounts, fund and others over that of a full close at the same capital")]
    [InlineData("S12", "loss beyond the fund, USD")]
    public void Run_Incident_OwnRulesHoldButForThoseStated(string id, string broken)
    {
        var outcome = IncidentStudy.Run(id, Stages.Default, Options);
        outcome.Id.ShouldBe(id);
        outcome.Systems.ShouldAllBe(s => s.IsConserved);
        outcome.Checks.Select(c => c.System).Distinct().Order().ShouldBe(["derive", "fixed-ratio", "pms", "static"]);
        var failed = outcome.Checks.Where(c => c.System == "pms" && !c.Passes).ToArray();
        (string.Join("; ", failed.Select(c => c.Rule)) == broken).ShouldBeTrue($"{id} breaks {string.Join("; ", failed.Select(c => $"{c.Rule}: {c.Value}"))}");
    }

    [Fact]
    public void Run_UnknownIncident_IsRefused() => Should.Throw<InvalidInputException>(() => IncidentStudy.Run("S99", Stages.Default, Options)).Code.ShouldBe("incident");
}
