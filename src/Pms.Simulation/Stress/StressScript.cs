using System.Collections.Immutable;
using System.Globalization;
using Pms.Primitives;
using Pms.Simulation.Parameters;

namespace Pms.Simulation.Stress;

/// <summary>A point of a script: at <paramref name="After"/> since the script began the market is bent by <paramref name="State"/>.</summary>
public readonly record struct StressFrame(TimeSpan After, StressState State);

/// <summary>A named stress: straight lines through its frames, nothing before the first, the last one held for ever.</summary>
/// <param name="Name">lower case with hyphens</param>
/// <param name="Summary">one sentence with the numbers</param>
/// <param name="Frames">in time order, the first at zero</param>
public sealed record StressScript(string Name, string Summary, ImmutableArray<StressFrame> Frames)
{
    /// <summary>When the last frame is reached.</summary>
    public TimeSpan Duration => Frames[^1].After;

    internal StressState At(TimeSpan after)
    {
        if (after < TimeSpan.Zero)
        {
            return StressState.None;
        }

        for (var i = Frames.Length - 1; i >= 0; i--)
        {
            if (after >= Frames[i].After)
            {
                return i == Frames.Length - 1
                    ? Frames[i].State
                    : StressState.Between(Frames[i].State, Frames[i + 1].State, (double)(after - Frames[i].After).Ticks / (Frames[i + 1].After - Frames[i].After).Ticks);
            }
        }

        return StressState.None;
    }

    internal void Validate()
    {
        if (Frames.Length is 0 or > 1_000 || Frames[0].After != TimeSpan.Zero)
        {
            throw new InvalidInputException("simulation-parameter", $"script {Name} has {Frames.Length} frames: 1 to 1,000 are expected, the first at zero");
        }

        for (var i = 0; i < Frames.Length; i++)
        {
            ParameterTable.Validate($"{Name}[{i}]", Frames[i].State.Entries);
            if (i > 0 && Frames[i].After <= Frames[i - 1].After)
            {
                throw new InvalidInputException("simulation-parameter", $"script {Name}: frame {i} at {Frames[i].After} is not after {Frames[i - 1].After}");
            }
        }
    }
}

/// <summary>A script and when it begins, counted from the start of the run.</summary>
public sealed record ScheduledScript(StressScript Script, TimeSpan StartsAfter)
{
    /// <summary>Reads NAME or NAME@HH:MM[:SS], as in <c>crash@02:30</c>; several are separated by commas.</summary>
    /// <exception cref="InvalidInputException"><c>simulation-script</c>: an unknown name or a bad time</exception>
    public static ImmutableArray<ScheduledScript> Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var scripts = ImmutableArray.CreateBuilder<ScheduledScript>();
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var cut = part.IndexOf('@', StringComparison.Ordinal);
            var name = cut < 0 ? part : part[..cut];
            var after = TimeSpan.Zero;
            if (cut >= 0 && (!TimeSpan.TryParse(part[(cut + 1)..], CultureInfo.InvariantCulture, out after) || after < TimeSpan.Zero))
            {
                throw new InvalidInputException("simulation-script", $"'{part[(cut + 1)..]}' in '{part}' is not a time since the start as HH:MM or HH:MM:SS");
            }

            scripts.Add(new ScheduledScript(StressScripts.Find(name), after));
        }

        return scripts.ToImmutable();
    }
}
