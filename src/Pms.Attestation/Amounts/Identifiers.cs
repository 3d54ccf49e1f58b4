using Pms.Attestation.Encoding;
using Pms.Primitives;

namespace Pms.Attestation.Amounts;

/// <summary>An account of the clearing house.</summary>
public readonly record struct AccountNumber(ulong Value) : IComparable<AccountNumber>
{
    public int CompareTo(AccountNumber other) => Value.CompareTo(other.Value);

    public override string ToString() => $"{Value}";

    public static bool operator <(AccountNumber left, AccountNumber right) => left.Value < right.Value;

    public static bool operator >(AccountNumber left, AccountNumber right) => left.Value > right.Value;

    public static bool operator <=(AccountNumber left, AccountNumber right) => left.Value <= right.Value;

    public static bool operator >=(AccountNumber left, AccountNumber right) => left.Value >= right.Value;
}

/// <summary>Rises with every trade, settlement and coin movement of one account.</summary>
public readonly record struct AccountSequence(ulong Value)
{
    public override string ToString() => $"{Value}";
}

/// <summary>Rises with every batch.</summary>
public readonly record struct BatchSequence(ulong Value) : IComparable<BatchSequence>
{
    public int CompareTo(BatchSequence other) => Value.CompareTo(other.Value);

    public BatchSequence Next() => new(checked(Value + 1));

    public override string ToString() => $"{Value}";

    public static bool operator <(BatchSequence left, BatchSequence right) => left.Value < right.Value;

    public static bool operator >(BatchSequence left, BatchSequence right) => left.Value > right.Value;

    public static bool operator <=(BatchSequence left, BatchSequence right) => left.Value <= right.Value;

    public static bool operator >=(BatchSequence left, BatchSequence right) => left.Value >= right.Value;
}

/// <summary>A set of attesters.</summary>
public readonly record struct SetId(ulong Value)
{
    public override string ToString() => $"{Value}";
}

/// <summary>A price of the registry, by its place in the list that goes with a batch: an underlying or a coin.</summary>
public readonly record struct PriceId(byte Value)
{
    public override string ToString() => $"{Value}";
}

/// <summary>A collateral token of the clearing house.</summary>
public readonly record struct CoinIndex(byte Value)
{
    public override string ToString() => $"{Value}";
}

/// <summary>A block of the chain.</summary>
public readonly record struct BlockNumber(ulong Value)
{
    public override string ToString() => $"{Value}";
}

/// <summary>Chain id of EIP-155. Two chains never share one.</summary>
public readonly record struct ChainId(ulong Value)
{
    public override string ToString() => $"{Value}";
}

/// <summary>Whole seconds since 1970 (UTC), as the chain counts time.</summary>
public readonly record struct UnixSeconds(ulong Value) : IComparable<UnixSeconds>
{
    /// <summary>Downwards: a number taken as older than it is asks more.</summary>
    /// <exception cref="InvalidInputException"><c>time-range</c>: before 1970</exception>
    public static UnixSeconds Floor(DateTimeOffset instant) => instant >= DateTimeOffset.UnixEpoch
        ? new UnixSeconds((ulong)instant.ToUnixTimeSeconds())
        : throw new InvalidInputException("time-range", $"{instant.ToIso()} is before 1970");

    public DateTimeOffset ToInstant() => Value <= 253_402_300_799
        ? DateTimeOffset.FromUnixTimeSeconds((long)Value)
        : throw new InvalidInputException("time-range", $"{Value} s is beyond the year 9999");

    public UnixSeconds Plus(ulong seconds) => new(checked(Value + seconds));

    public int CompareTo(UnixSeconds other) => Value.CompareTo(other.Value);

    public override string ToString() => $"{Value}";

    public static bool operator <(UnixSeconds left, UnixSeconds right) => left.Value < right.Value;

    public static bool operator >(UnixSeconds left, UnixSeconds right) => left.Value > right.Value;

    public static bool operator <=(UnixSeconds left, UnixSeconds right) => left.Value <= right.Value;

    public static bool operator >=(UnixSeconds left, UnixSeconds right) => left.Value >= right.Value;
}

/// <summary>Identity of a contract's terms on every chain (<see cref="Messages.InstrumentTerms.Id"/>). Legs and rows are listed by rising id.</summary>
public readonly record struct InstrumentId(KeccakHash Value) : IComparable<InstrumentId>
{
    public int CompareTo(InstrumentId other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString();

    public static bool operator <(InstrumentId left, InstrumentId right) => left.Value < right.Value;

    public static bool operator >(InstrumentId left, InstrumentId right) => left.Value > right.Value;

    public static bool operator <=(InstrumentId left, InstrumentId right) => left.Value <= right.Value;

    public static bool operator >=(InstrumentId left, InstrumentId right) => left.Value >= right.Value;
}

/// <summary>What is signed: domain and message together.</summary>
public readonly record struct Digest(KeccakHash Value)
{
    public override string ToString() => Value.ToString();
}
