using System.Collections.Immutable;
using Pms.MarketData.Instruments;
using Pms.Primitives;

namespace Pms.Margin.Parameters;

/// <summary>One number of the risk parameters: where it stands, what it may be, what it does and where its default comes from.</summary>
/// <param name="Path">section and key, as in <c>liquidity.impactFactor</c></param>
/// <param name="Unit">of the value</param>
/// <param name="Least">least value allowed</param>
/// <param name="Most">largest value allowed</param>
/// <param name="Meaning">one sentence</param>
/// <param name="Source">of the default</param>
/// <param name="Get">reads it; null where it is left out</param>
/// <param name="Set">a copy with another value</param>
public sealed record ParameterKey(
    string Path,
    string Unit,
    double Least,
    double Most,
    string Meaning,
    string Source,
    Func<RiskParameters, double?> Get,
    Func<RiskParameters, double?, RiskParameters> Set)
{
    /// <summary>May be absent (null), which switches the rule off.</summary>
    public bool IsOptional { get; init; }

    /// <summary>A whole number.</summary>
    public bool IsWhole { get; init; }

    /// <summary>True or false in the document, 1 or 0 here.</summary>
    public bool IsSwitch { get; init; }

    public string Section => Path[..Path.IndexOf('.')];

    public string Name => Path[(Path.IndexOf('.') + 1)..];

    /// <exception cref="InvalidInputException"><c>risk-parameter</c></exception>
    public void Require(double? value, string? path = null)
    {
        if (value is null && IsOptional)
        {
            return;
        }

        if (value is not { } given || !(given >= Least && given <= Most) || ((IsWhole || IsSwitch) && given != Math.Truncate(given)))
        {
            throw new InvalidInputException("risk-parameter", $"{path ?? Path} = {value}: {(IsWhole ? "a whole number from " : "")}{Least} to {Most} ({Unit}) is required");
        }
    }
}

/// <summary>A number for each of some assets; the entries of a document are added to the defaults.</summary>
public sealed record ParameterMap(
    string Path,
    string Unit,
    double Least,
    double Most,
    string Meaning,
    string Source,
    Func<RiskParameters, IEnumerable<KeyValuePair<Asset, double>>> Get,
    Func<RiskParameters, IReadOnlyDictionary<Asset, double>, RiskParameters> Set);

/// <summary>A list of numbers; that of a document takes the place of the default.</summary>
public sealed record ParameterList(
    string Path,
    string Unit,
    double Least,
    double Most,
    string Meaning,
    string Source,
    Func<RiskParameters, ImmutableArray<double>> Get,
    Func<RiskParameters, ImmutableArray<double>, RiskParameters> Set);

/// <summary>A number of a row.</summary>
public readonly record struct ParameterColumn(string Name, string Unit, double Least, double Most);

/// <summary>Named rows of numbers; the table of a document takes the place of the default.</summary>
public sealed record ParameterTable(
    string Path,
    ImmutableArray<ParameterColumn> Columns,
    string Meaning,
    string Source,
    Func<RiskParameters, IEnumerable<(string Name, double[] Values)>> Get,
    Func<RiskParameters, IReadOnlyList<(string Name, double[] Values)>, RiskParameters> Set);
