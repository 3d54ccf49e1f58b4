using Pms.Attestation.Amounts;
using Pms.Attestation.Encoding;
using Pms.Attestation.Messages;
using Pms.Attestation.Signing;

namespace Pms.Attestation.Wire;

/// <summary>Reads what <see cref="MessageJson"/> writes. Every message has one form: <c>json-field</c> names what differs from it.</summary>
public static class MessageReader
{
    /// <summary>Accounts of one clearance: two a match.</summary>
    public const int MostAccounts = 64;

    /// <summary>Matches of one trade.</summary>
    public const int MostMatches = 32;

    /// <summary>Legs of an account, as the house has it.</summary>
    public const int MostLegs = 127;

    public static BatchHeader Header(JsonFields f)
    {
        ArgumentNullException.ThrowIfNull(f);
        var header = new BatchHeader
        {
            SetId = new SetId(f.Whole<ulong>("setId")),
            Schema = f.Whole<uint>("schema"),
            Sequence = new BatchSequence(f.Whole<ulong>("sequence")),
            ObservedAt = new UnixSeconds(f.Whole<ulong>("observedAt")),
            ValidUntil = new UnixSeconds(f.Whole<ulong>("validUntil")),
            BookBlock = new BlockNumber(f.Whole<ulong>("bookBlock")),
            SnapshotHash = f.Content("snapshotHash"),
            ParameterHash = f.Content("parameterHash"),
            ScenarioSetHash = f.Content("scenarioSetHash"),
            ArrayRoot = f.Content("arrayRoot"),
            StressRoot = f.Keccak("stressRoot"),
            StressSharesHash = f.Keccak("stressSharesHash"),
            PricesHash = f.Keccak("pricesHash"),
            AccountsRoot = f.Keccak("accountsRoot"),
            AccountCount = f.Whole<uint>("accountCount"),
            RowCount = f.Whole<uint>("rowCount"),
            TotalMaintenance = new UnsignedWad(f.Whole<UInt128>("totalMaintenanceWad")),
            TotalEquity = new Wad(f.Whole<Int128>("totalEquityWad")),
            TotalShortfall = new UnsignedWad(f.Whole<UInt128>("totalShortfallWad")),
        };
        f.End();
        return header;
    }

    public static MarginLeaf Leaf(JsonFields f)
    {
        ArgumentNullException.ThrowIfNull(f);
        return new MarginLeaf
        {
            Account = new AccountNumber(f.Whole<ulong>("account")),
            Sequence = new AccountSequence(f.Whole<ulong>("sequence")),
            Positions = new PositionsHash(f.Keccak("positionsHash")),
            Initial = new UnsignedWad(f.Whole<UInt128>("initialWad")),
            Maintenance = new UnsignedWad(f.Whole<UInt128>("maintenanceWad")),
            MarkValue = new Wad(f.Whole<Int128>("markValueWad")),
            Decay = new WadPerSecond(f.Whole<UInt128>("decayWadPerSecond")),
        };
    }

    public static StressRow Row(JsonFields f)
    {
        ArgumentNullException.ThrowIfNull(f);
        return new StressRow
        {
            Instrument = new InstrumentId(f.Keccak("instrument")),
            Mark = new UnitPriceWad(f.Whole<UInt128>("markWad")),
            TickExponent = f.Whole<sbyte>("tickExponent"),
            EntriesHash = f.Keccak("entriesHash"),
        };
    }

    public static Clearance Clearance(JsonFields f)
    {
        ArgumentNullException.ThrowIfNull(f);
        var clearance = new Clearance
        {
            SetId = new SetId(f.Whole<ulong>("setId")),
            BatchSequence = new BatchSequence(f.Whole<ulong>("batchSequence")),
            ObservedAt = new UnixSeconds(f.Whole<ulong>("observedAt")),
            ValidUntil = new UnixSeconds(f.Whole<ulong>("validUntil")),
            ActionHash = f.Keccak("actionHash"),
            ParameterHash = f.Content("parameterHash"),
            Accounts = [.. f.List("accounts", MostAccounts, a => new AccountClearance
            {
                Account = new AccountNumber(a.Whole<ulong>("account")),
                Sequence = new AccountSequence(a.Whole<ulong>("sequence")),
                Before = new PositionsHash(a.Keccak("positionsHashBefore")),
                After = new PositionsHash(a.Keccak("positionsHashAfter")),
                Initial = new UnsignedWad(a.Whole<UInt128>("initialWad")),
                Maintenance = new UnsignedWad(a.Whole<UInt128>("maintenanceWad")),
                MarkValue = new Wad(a.Whole<Int128>("markValueWad")),
                ReducesRisk = a.Bool("reducesRisk"),
            })],
        };
        f.End();
        return clearance;
    }

    public static Order Order(JsonFields f)
    {
        ArgumentNullException.ThrowIfNull(f);
        var order = new Order
        {
            Account = new AccountNumber(f.Whole<ulong>("account")),
            Instrument = new InstrumentId(f.Keccak("instrument")),
            Quantity = new QuantityWad(f.Whole<Int128>("quantityWad")),
            LimitPrice = new UnitPriceWad(f.Whole<UInt128>("limitPriceWad")),
            Expiry = new UnixSeconds(f.Whole<ulong>("expiry")),
            Nonce = f.Whole<ulong>("nonce"),
            Matcher = f.Address("matcher"),
        };
        f.End();
        return order;
    }

    public static Match Match(JsonFields f)
    {
        ArgumentNullException.ThrowIfNull(f);
        return new Match(Order(f.Object("buy")), Order(f.Object("sell")), new QuantityWad(f.Whole<Int128>("quantityWad")), new UnitPriceWad(f.Whole<UInt128>("priceWad")));
    }

    public static CoinWithdrawal Withdrawal(JsonFields f)
    {
        ArgumentNullException.ThrowIfNull(f);
        var withdrawal = new CoinWithdrawal(
            new AccountNumber(f.Whole<ulong>("account")), new CoinIndex(f.Whole<byte>("coin")), new TokenAmount(f.Whole<System.Numerics.BigInteger>("amount")), f.Address("to"));
        f.End();
        return withdrawal;
    }

    public static LiquidationSlice Slice(JsonFields f)
    {
        ArgumentNullException.ThrowIfNull(f);
        var slice = new LiquidationSlice(new AccountNumber(f.Whole<ulong>("from")), new AccountNumber(f.Whole<ulong>("to")), [.. f.List("legs", MostLegs, SliceLeg)]);
        f.End();
        return slice;
    }

    public static Deleveraging Deleveraging(JsonFields f)
    {
        ArgumentNullException.ThrowIfNull(f);
        var action = new Deleveraging(
            new AccountNumber(f.Whole<ulong>("from")), new AccountNumber(f.Whole<ulong>("to")), [.. f.List("legs", MostLegs, SliceLeg)],
            new Wad(f.Whole<Int128>("valueWad")), new UnsignedWad(f.Whole<UInt128>("movedWad")), new UnsignedWad(f.Whole<UInt128>("allWad")));
        f.End();
        return action;
    }

    public static SliceLeg SliceLeg(JsonFields f)
    {
        ArgumentNullException.ThrowIfNull(f);
        var leg = new SliceLeg(new InstrumentId(f.Keccak("instrument")), new QuantityWad(f.Whole<Int128>("quantityWad")));
        f.End();
        return leg;
    }

    /// <summary>65 bytes r, s, v as one 0x text.</summary>
    public static EvmSignature Signature(string hex) => EvmSignature.FromBytes(HexText.Bytes(hex, EvmSignature.SizeBytes, "signature-form", "a signature"));
}
