namespace Pms.Cli.Tests;

/// <summary><c>pms study</c> on small books: shapes, refusals and the picture.</summary>
public sealed class StudyCommandTests
{
    [Fact]
    public async Task Cascade_SmallBook_ComparesFourSystemsAndDrawsThem()
    {
        var folder = Directory.CreateTempSubdirectory("pms-study");
        try
        {
            var picture = Path.Combine(folder.FullName, "cascade.svg");
            var run = await PmsProcess.RunAsync(["study", "cascade", "--accounts", "12", "--scenarios", "100", "--minutes", "2", "--json", "--plot", picture]);
            run.ExitCode.ShouldBe(0, run.Error);
            var systems = run.Json.GetProperty("systems").EnumerateArray().ToArray();
            systems.Select(s => s.GetProperty("name").GetString()).ShouldBe(["static", "fixed-ratio", "derive", "pms"]);
            systems.ShouldAllBe(s => s.GetProperty("isConserved").GetBoolean());
            systems.ShouldAllBe(s => s.GetProperty("points").GetArrayLength() == run.Json.GetProperty("scene").GetProperty("minutes").GetInt32());
            var svg = await File.ReadAllTextAsync(picture);
            svg.ShouldContain("<title id=\"title\">");
            System.Xml.Linq.XDocument.Parse(svg).Root!.Name.LocalName.ShouldBe("svg");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("incident", "study", "incident", "S99")]
    [InlineData("collateral-flag", "study", "cascade", "--collateral", "none")]
    [InlineData("study-range", "study", "cascade", "--fall", "0.95")]
    [InlineData("cascade-parameter", "study", "cascade", "--accounts", "6", "--scenarios", "100", "--system", "bank")]
    public async Task Study_WhatItCannotDo_IsRefused(string code, params string[] arguments)
    {
        var run = await PmsProcess.RunAsync([.. arguments, "--json"]);
        run.ExitCode.ShouldBe(1);
        run.Json.GetProperty("error").GetProperty("code").GetString().ShouldBe(code);
    }
}
