using System.CommandLine;
using System.Text.Json.Serialization;
using Pms.Cli.Output;
using Pms.Numerics.Distributions;

namespace Pms.Cli.Commands;

/// <summary><c>pms scenarios copula</c>: tail dependence of a t copula, and VaR and ES of its margins in closed form.</summary>
internal static class CopulaCommand
{
    public static Command Create()
    {
        var nu = new Option<double>("--nu") { Description = "degrees of freedom, above 0", Required = true };
        var rho = new Option<double>("--rho") { Description = "correlation, -1 to 1", Required = true };
        var level = new Option<double?>("--level") { Description = "of VaR and ES, default 0.99" };
        return PmsCommand.Create(
            "copula",
            "Lower-tail dependence of a Student t copula; VaR and ES of a t and of a normal loss in closed form.",
            "pms scenarios copula --nu 4 --rho 0.5",
            (context, _) => Task.FromResult(Run(context, context.Get(nu), context.Get(rho), context.Get(level) ?? 0.99)),
            nu,
            rho,
            level);
    }

    private static int Run(CommandContext context, double nu, double rho, double level)
    {
        var dependence = ClosedFormTails.StudentTailDependence(nu, rho);
        // below 1 degree the mean of a tail does not exist, the dependence does
        var student = nu > 1.0 ? ClosedFormTails.Student(nu, level) : ((double Var, double Es)?)null;
        var normal = ClosedFormTails.Normal(level);
        var document = new CopulaDocument(
            nu, rho, dependence, level, student is { } s ? new ClosedFormBody(s.Var, s.Es) : null, new ClosedFormBody(normal.ValueAtRisk, normal.ExpectedShortfall));
        if (context.Json)
        {
            JsonOutput.Write(document);
            return ExitCode.Ok;
        }

        var table = new TextTable("nu", "rho", "tail dependence", "VaR t", "ES t", "VaR normal", "ES normal");
        table.Add($"{nu}", [$"{rho}", $"{dependence:G10}", $"{student?.Var:G10}", $"{student?.Es:G10}", $"{normal.ValueAtRisk:G10}", $"{normal.ExpectedShortfall:G10}"]);
        table.Write();
        return ExitCode.Ok;
    }
}

/// <param name="Nu">degrees of freedom</param>
/// <param name="Rho">correlation</param>
/// <param name="LambdaTail">lower-tail dependence</param>
/// <param name="Level">of VaR and ES</param>
/// <param name="Student">a t loss, not scaled to unit variance; absent where its ES does not exist</param>
/// <param name="Normal">a standard normal loss</param>
internal sealed record CopulaDocument(double Nu, double Rho, [property: JsonPropertyName("lambda_tail")] double LambdaTail, double Level, ClosedFormBody? Student, ClosedFormBody Normal);

internal sealed record ClosedFormBody([property: JsonPropertyName("VaR")] double Var, [property: JsonPropertyName("ES")] double Es);
