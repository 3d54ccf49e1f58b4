using System.CommandLine;
using Pms.Cli.Plotting;
using Pms.Primitives;
using Pms.Volatility;

namespace Pms.Cli.Commands;

/// <summary><c>pms surface plot</c>: a board's quotes and the surface fitted through them, as a page or a picture.</summary>
internal static class SurfacePlotCommand
{
    public static Command Create()
    {
        var source = new BoardSource();
        var output = new Option<string>("--output", "-o") { Description = "out.html (self-contained page) or out.svg", Required = true };
        return PmsCommand.Create(
            "plot",
            "Draws smiles with bid-ask bars per expiry, the term structure and the surface; the page needs no network.",
            "pms surface plot demo/board.csv.gz -o surface.html",
            (context, _) => Task.FromResult(Plot(context, source, context.Get(output)!)),
            source.File,
            source.At,
            output);
    }

    private static int Plot(CommandContext context, BoardSource source, string output)
    {
        var extension = Path.GetExtension(output).ToUpperInvariant();
        if (extension is not (".HTML" or ".SVG"))
        {
            throw new InvalidInputException("output-format", $"'{output}' ends in neither .html nor .svg");
        }

        var (snapshot, _) = source.Read(context);
        var fits = BoardFit.Of(snapshot, SurfaceParameters.Default, isTimed: true);
        var model = SurfacePlotMapping.Of(fits, Path.GetFileName(context.Require(source.File)));
        model.Validate();
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(output))!);
        using (var writer = new StreamWriter(output))
        {
            if (extension == ".HTML")
            {
                SurfaceHtml.Write(model, writer);
            }
            else
            {
                SurfaceSvg.Write(model, writer);
            }
        }

        var bytes = new FileInfo(output).Length;
        if (context.Json)
        {
            Output.JsonOutput.Write(new PlotDocument(output, bytes, model.Underlyings.Count, model.Underlyings.Sum(u => u.Slices.Count)));
        }
        else
        {
            Console.Error.WriteLine($"pms: {output} written, {bytes / 1024} KiB, {model.Underlyings.Sum(u => u.Slices.Count)} expiries");
        }

        return SurfaceCommand.ExitCodeOf(fits);
    }

    private sealed record PlotDocument(string File, long Bytes, int Underlyings, int Slices);
}
