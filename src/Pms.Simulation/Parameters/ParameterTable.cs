using Pms.Primitives;

namespace Pms.Simulation.Parameters;

/// <summary>One number of a parameter set with its closed range: the table that is validated is the table that is hashed.</summary>
internal readonly record struct ParameterEntry(string Name, double Value, double Minimum, double Maximum);

internal static class ParameterTable
{
    /// <exception cref="InvalidInputException"><c>simulation-parameter</c>: a value is not finite or outside its range</exception>
    public static void Validate(string owner, IEnumerable<ParameterEntry> entries)
    {
        foreach (var entry in entries)
        {
            if (!(entry.Value >= entry.Minimum && entry.Value <= entry.Maximum))
            {
                throw new InvalidInputException(
                    "simulation-parameter", $"{owner}.{entry.Name} = {entry.Value} is outside [{entry.Minimum}, {entry.Maximum}]");
            }
        }
    }

    public static void Write(CanonicalWriter writer, IEnumerable<ParameterEntry> entries)
    {
        foreach (var entry in entries)
        {
            writer.Write(entry.Name);
            writer.Write(entry.Value);
        }
    }
}
