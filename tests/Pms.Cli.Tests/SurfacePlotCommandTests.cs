using System.Xml.Linq;

namespace Pms.Cli.Tests;

public sealed class SurfacePlotCommandTests
{
    [Fact]
    public async Task Plot_MadeUpChain_WritesAPageAndAPicture()
    {
        var folder = Directory.CreateTempSubdirectory("pms-plot-").FullName;
        try
        {
            var page = Path.Combine(folder, "deep", "surface.html");
            var picture = Path.Combine(folder, "surface.svg");
            foreach (var file in new[] { page, picture })
            {
                var run = await PmsProcess.RunAsync(["surface", "plot", "-", "-o", file], SurfaceCommandTests.MadeUpChain());
                run.ExitCode.ShouldBe(0, run.Error);
            }

            (await File.ReadAllTextAsync(page)).ShouldContain("2026-01-30T08:00:00");
            XDocument.Load(picture).Root!.Name.LocalName.ShouldBe("svg");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Plot_UnknownExtension_IsRefusedBeforeAnyWork()
    {
        var run = await PmsProcess.RunAsync(["surface", "plot", "--json", "-", "-o", "surface.pdf"], "");

        run.ExitCode.ShouldBe(1);
        run.Json.GetProperty("error").GetProperty("code").GetString().ShouldBe("output-format");
    }
}
