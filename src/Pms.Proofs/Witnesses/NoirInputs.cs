using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Pms.Proofs.Commitments;
using Pms.Proofs.Fields;
using Pms.Proofs.Hashing;

namespace Pms.Proofs.Witnesses;

/// <summary>A circuit's inputs as Noir's witness generator reads them: an object by parameter name; numbers as texts.</summary>
internal sealed class NoirInputs : IDisposable
{
    private readonly ArrayBufferWriter<byte> _buffer = new();
    private readonly Utf8JsonWriter _json;

    public NoirInputs()
    {
        _json = new Utf8JsonWriter(_buffer);
        _json.WriteStartObject();
    }

    public NoirInputs Add(string name, FieldElement value)
    {
        _json.WritePropertyName(name);
        Write(value);
        return this;
    }

    public NoirInputs Add(string name, IEnumerable<FieldElement> values)
    {
        _json.WritePropertyName(name);
        Write(values);
        return this;
    }

    public NoirInputs Add(string name, IEnumerable<bool> values) => Add(name, values.Select(Bit));

    public NoirInputs AddPath(string sides, string siblings, TreePath path) => Add(sides, path.Sides).Add(siblings, path.Siblings);

    public NoirInputs Add(string name, HiddenAccount account, int positions)
    {
        _json.WritePropertyName(name);
        Write(account, positions);
        return this;
    }

    public NoirInputs Add(string name, IEnumerable<HiddenAccount> accounts, int positions)
    {
        _json.WriteStartArray(name);
        foreach (var account in accounts)
        {
            Write(account, positions);
        }

        _json.WriteEndArray();
        return this;
    }

    public NoirInputs Add(string name, ExactTail tail)
    {
        _json.WritePropertyName(name);
        Write(tail);
        return this;
    }

    public NoirInputs Add(string name, IEnumerable<ExactTail> tails)
    {
        _json.WriteStartArray(name);
        foreach (var tail in tails)
        {
            Write(tail);
        }

        _json.WriteEndArray();
        return this;
    }

    /// <summary>A list of objects.</summary>
    public NoirInputs AddEach<T>(string name, IEnumerable<T> items, Action<NoirInputs, T> members)
    {
        _json.WriteStartArray(name);
        foreach (var item in items)
        {
            _json.WriteStartObject();
            members(this, item);
            _json.WriteEndObject();
        }

        _json.WriteEndArray();
        return this;
    }

    /// <summary>All that was added; nothing can be added any more.</summary>
    public ReadOnlyMemory<byte> ToJson()
    {
        _json.WriteEndObject();
        Dispose();
        return _buffer.WrittenMemory;
    }

    public void Dispose() => _json.Dispose();

    private static FieldElement Bit(bool bit) => FieldElement.Of(bit ? 1L : 0L);

    private void Write(FieldElement value)
    {
        // Most numbers are small, and the shorter text is read faster.
        var number = value.ToBigInteger();
        _json.WriteStringValue(number < ulong.MaxValue ? number.ToString(CultureInfo.InvariantCulture) : value.ToString());
    }

    private void Write(IEnumerable<FieldElement> values)
    {
        _json.WriteStartArray();
        foreach (var value in values)
        {
            Write(value);
        }

        _json.WriteEndArray();
    }

    private void Write(HiddenAccount account, int positions)
    {
        var padded = account.Padded(positions);
        var (high, low) = account.PositionsWords;
        _json.WriteStartObject();
        Add("number", FieldElement.Of((UInt128)account.Number));
        Add("sequence", FieldElement.Of((UInt128)account.Sequence));
        Add("positions_hash", [high, low]);
        Add("equity", FieldElement.Of((UInt128)account.ShiftedEquity));
        Add("salt", account.Salt);
        Add("rows", padded.Select(p => FieldElement.Of((long)p.Row)));
        Add("lots", padded.Select(p => FieldElement.Of(p.Lots + HiddenAccount.MostLots)));
        _json.WriteEndObject();
    }

    private void Write(ExactTail tail)
    {
        _json.WriteStartObject();
        Add("threshold", Signed(tail.Threshold));
        Add("distances", tail.Losses.Select(l => Signed(tail.Threshold - l)));
        Add("flags", tail.Flags);
        Add("positive", Bit(tail.Sum > 0));
        _json.WriteEndObject();
    }

    internal static FieldElement Signed(Int128 value) => value < 0 ? FieldElement.Zero - FieldElement.Of((UInt128)(-value)) : FieldElement.Of((UInt128)value);
}
