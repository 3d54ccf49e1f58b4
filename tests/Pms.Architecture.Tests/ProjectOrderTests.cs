using System.Xml.Linq;
using Pms.Testing;

namespace Pms.Architecture.Tests;

/// <summary>Arrows between projects go one way. The order is written once, here; docs/ARCHITECTURE.md draws it.</summary>
public sealed class ProjectOrderTests
{
    /// <summary>Lowest first. A project may reference only projects before it.</summary>
    private static readonly string[] Order =
    [
        "Pms.Primitives", "Pms.Numerics", "Pms.MarketData", "Pms.Pricing", "Pms.Volatility", "Pms.Scenarios", "Pms.Margin", "Pms.Solvency", "Pms.Documents", "Pms.Liquidation", "Pms.Validation", "Pms.Microstructure", "Pms.Attestation", "Pms.Proofs", "Pms.Simulation", "Pms.Connectors", "Pms.Attester", "Pms.Chain", "Pms.Prover", "Pms.Server", "Pms.Keeper", "Pms.Bench", "Pms.Cli",
    ];

    [Fact]
    public void Order_EveryProductionProject_HasAPlace()
    {
        ProductionProjects().Select(Path.GetFileNameWithoutExtension).Order().ShouldBe(Order.Order());
    }

    [Fact]
    public void References_OfProductionProjects_PointDownTheOrder()
    {
        ProductionProjects()
            .SelectMany(p => AgainstTheOrder(Path.GetFileNameWithoutExtension(p), ReferencesOf(XDocument.Load(p))))
            .ShouldBeEmpty();
    }

    [Theory]
    [InlineData("Pms.Primitives", "../Pms.Cli/Pms.Cli.csproj")]
    [InlineData("Pms.Pricing", "..\\Pms.Volatility\\Pms.Volatility.csproj")]
    [InlineData("Pms.Pricing", "../Pms.Pricing/Pms.Pricing.csproj")]
    [InlineData("Pms.Pricing", "../Pms.Unknown/Pms.Unknown.csproj")]
    public void AgainstTheOrder_ReferenceUpwardsOrUnknown_IsFound(string project, string reference)
    {
        var document = new XDocument(new XElement("Project", new XElement("ItemGroup", new XElement("ProjectReference", new XAttribute("Include", reference)))));
        AgainstTheOrder(project, ReferencesOf(document)).ShouldHaveSingleItem();
    }

    [Fact]
    public void Tests_EveryProductionProject_HasATestProjectOfItsName()
    {
        foreach (var name in Order.Where(n => n != "Pms.Bench"))
        {
            Directory.Exists(Path.Combine(RepositoryPaths.Root, "tests", name + ".Tests")).ShouldBeTrue($"{name} has no test project");
        }
    }

    [Fact]
    public void Sources_HaveAReadmeInEveryProject()
    {
        foreach (var project in ProductionProjects())
        {
            File.Exists(Path.Combine(Path.GetDirectoryName(project)!, "README.md")).ShouldBeTrue($"{project} has no README.md beside it");
        }
    }

    private static IEnumerable<string> ProductionProjects()
    {
        return new[] { "src", "bench" }.SelectMany(d => Directory.EnumerateFiles(Path.Combine(RepositoryPaths.Root, d), "*.csproj", SearchOption.AllDirectories))
            .Where(p => !p.Contains("node_modules", StringComparison.Ordinal));
    }

    private static IEnumerable<string> AgainstTheOrder(string project, IEnumerable<string> references)
    {
        var place = Array.IndexOf(Order, project);
        return from target in references
               let targetPlace = Array.IndexOf(Order, target)
               where targetPlace < 0 || targetPlace >= place
               select $"{project} references {target}, which is not below it";
    }

    private static IEnumerable<string> ReferencesOf(XDocument project)
    {
        return project.Descendants("ProjectReference").Select(e => Path.GetFileNameWithoutExtension(e.Attribute("Include")!.Value.Replace('\\', '/')));
    }
}
