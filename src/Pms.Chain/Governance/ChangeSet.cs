using System.Collections.Immutable;
using System.Numerics;
using System.Text.Json.Nodes;
using Pms.Attestation.Wire;
using Pms.Primitives;

namespace Pms.Chain.Governance;

/// <summary>One number of a change set.</summary>
/// <param name="Key">with its value now</param>
/// <param name="Value">wanted, in the contract's units; equal to the one now for a member of a group that stays</param>
public sealed record GovernedChange(GovernedKey Key, BigInteger Value);

/// <summary>Governed numbers that are wanted, as a file: <c>{"schema":"pms.governed/1","documentHash"?,"values":{NAME:TEXT}}</c>.</summary>
/// <param name="Document">null: the one in force</param>
/// <param name="Values">name to text in people's units</param>
public sealed record GovernedFile(ContentHash? Document, ImmutableSortedDictionary<string, string> Values)
{
    public const string Schema = "pms.governed/1";

    /// <exception cref="InvalidInputException"><c>json-shape</c>, <c>json-field</c></exception>
    public static GovernedFile Read(ReadOnlySpan<byte> utf8)
    {
        var f = JsonFields.Parse(utf8);
        f.RequireSchema(Schema);

        ContentHash? document = f.Has("documentHash") ? f.Content("documentHash") : null;
        var values = f.Object("values");
        var read = new GovernedFile(document, values.Names.ToImmutableSortedDictionary(n => n, values.Text, StringComparer.Ordinal));
        f.End();
        return read;
    }

    /// <summary>Numbers that differ from those in force.</summary>
    /// <exception cref="InvalidInputException"><c>params-key</c>, <c>params-value</c></exception>
    public ImmutableArray<GovernedChange> Differences(GovernedState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        return [.. Values.Select(v => new GovernedChange(state.Find(v.Key), state.Find(v.Key).Parse(v.Value))).Where(c => c.Value != c.Key.Value)];
    }
}

/// <summary>A change set that the contract would take now: bounds, steps, sums of 30 days and groups hold.</summary>
/// <param name="Changes">by rising key, groups whole</param>
/// <param name="Document">that goes with them</param>
/// <param name="DelaySeconds">between announcement and enactment</param>
public sealed record ChangeSet(ImmutableArray<GovernedChange> Changes, ContentHash Document, ulong DelaySeconds)
{
    /// <summary>As many as the contract takes.</summary>
    public const int MostChanges = 32;

    /// <summary>Least delay of a new document, whatever numbers come with it.</summary>
    public const ulong DocumentDelaySeconds = 2 * 86_400;

    /// <summary>Checks what the contract checks, so that a vote of a week does not end in a refusal.</summary>
    /// <param name="state">in force</param>
    /// <param name="file">wanted</param>
    /// <exception cref="InvalidInputException">
    /// <c>params-nothing</c>, <c>params-count</c>, <c>params-bounds</c>, <c>params-step</c>, <c>params-30-days</c>, each naming key, value and limit; codes of <see cref="GovernedFile.Differences"/>
    /// </exception>
    public static ChangeSet Of(GovernedState state, GovernedFile file)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(file);
        var moved = file.Differences(state);
        var document = file.Document ?? state.Document;
        if (moved.IsEmpty && document == state.Document)
        {
            throw new InvalidInputException("params-nothing", "every number of the file, and the document, are in force already");
        }

        foreach (var change in moved)
        {
            Check(change);
        }

        var groups = moved.Select(c => c.Key.Group).Where(g => g != 0).ToHashSet();
        var changes = moved.Concat(state.Keys.Where(k => groups.Contains(k.Group) && moved.All(c => c.Key.Key != k.Key)).Select(k => new GovernedChange(k, k.Value)))
            .OrderBy(c => c.Key.Key, StringComparer.Ordinal).ToImmutableArray();
        if (changes.Length > MostChanges)
        {
            throw new InvalidInputException("params-count", $"{changes.Length} numbers with those of their groups: at most {MostChanges} are possible in one set");
        }

        return new ChangeSet(changes, document, changes.Select(c => c.Key.LeastDelaySeconds).Append(document == state.Document ? 0 : DocumentDelaySeconds).Max());
    }

    /// <summary>As the contract's argument.</summary>
    public JsonArray Json() => MessageJson.List(Changes, c => new JsonObject { ["key"] = c.Key.Key, ["value"] = $"{c.Value}" });

    private static void Check(GovernedChange change)
    {
        var (key, value) = (change.Key, change.Value);
        if (value < key.Least || value > key.Most)
        {
            throw new InvalidInputException("params-bounds", $"{key.Name} {key.Text(value)}: {key.Text(key.Least)} to {key.Text(key.Most)} are possible");
        }

        var step = BigInteger.Abs(value - key.Value);
        if (step > key.MostStep)
        {
            throw new InvalidInputException("params-step", $"{key.Name} from {key.Text(key.Value)} to {key.Text(value)} is a step of {key.Text(step)}: at most {key.Text(key.MostStep)} is possible at once");
        }

        if (key.MovedByGovernance + step > key.MostIn30Days)
        {
            throw new InvalidInputException(
                "params-30-days", $"{key.Name} to {key.Text(value)}: with {key.Text(key.MovedByGovernance)} of the last 30 days its steps add up to {key.Text(key.MovedByGovernance + step)}; at most {key.Text(key.MostIn30Days)} are possible");
        }
    }
}
