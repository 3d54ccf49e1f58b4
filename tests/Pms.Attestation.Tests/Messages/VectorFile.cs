using System.Collections.Immutable;
using System.Numerics;
using System.Text.Json;
using Pms.Attestation.Amounts;
using Pms.Attestation.Encoding;
using Pms.Attestation.Messages;
using Pms.Primitives;
using Pms.Testing;

namespace Pms.Attestation.Tests.Messages;

/// <summary>Reads messages as testdata/vectors/attestation-*.json hold them: every number as text.</summary>
internal static class VectorFile
{
    public static JsonElement Open(string name)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(RepositoryPaths.Root, "testdata/vectors", name)));
        return document.RootElement.Clone();
    }

    public static string Text(this JsonElement e, string name) => e.GetProperty(name).GetString()!;

    public static ulong U64(this JsonElement e, string name) => ulong.Parse(e.Text(name));

    public static byte U8(this JsonElement e, string name) => byte.Parse(e.Text(name));

    public static UInt128 U128(this JsonElement e, string name) => UInt128.Parse(e.Text(name));

    public static Int128 I128(this JsonElement e, string name) => Int128.Parse(e.Text(name));

    public static KeccakHash Hash(this JsonElement e, string name) => KeccakHash.Parse(e.Text(name));

    public static EvmAddress Address(this JsonElement e, string name) => EvmAddress.Parse(e.Text(name));

    public static IEnumerable<JsonElement> List(this JsonElement e, string name) => e.GetProperty(name).EnumerateArray();

    private static ContentHash Content(this JsonElement e, string name) => ContentHash.Parse(e.Text(name)[2..]);

    public static IStructuredMessage Message(string kind, JsonElement e) => kind switch
    {
        "batchHeader" => new BatchHeader
        {
            SetId = new SetId(e.U64("setId")),
            Schema = uint.Parse(e.Text("schema")),
            Sequence = new BatchSequence(e.U64("sequence")),
            ObservedAt = new UnixSeconds(e.U64("observedAt")),
            ValidUntil = new UnixSeconds(e.U64("validUntil")),
            BookBlock = new BlockNumber(e.U64("bookBlock")),
            SnapshotHash = e.Content("snapshotHash"),
            ParameterHash = e.Content("parameterHash"),
            ScenarioSetHash = e.Content("scenarioSetHash"),
            ArrayRoot = e.Content("arrayRoot"),
            StressRoot = e.Hash("stressRoot"),
            StressSharesHash = e.Hash("stressSharesHash"),
            PricesHash = e.Hash("pricesHash"),
            AccountsRoot = e.Hash("accountsRoot"),
            AccountCount = uint.Parse(e.Text("accountCount")),
            RowCount = uint.Parse(e.Text("rowCount")),
            TotalMaintenance = new UnsignedWad(e.U128("totalMaintenanceWad")),
            TotalEquity = new Wad(e.I128("totalEquityWad")),
            TotalShortfall = new UnsignedWad(e.U128("totalShortfallWad")),
        },
        "marginLeaf" => new MarginLeaf
        {
            Account = new AccountNumber(e.U64("account")),
            Sequence = new AccountSequence(e.U64("sequence")),
            Positions = new PositionsHash(e.Hash("positionsHash")),
            Initial = new UnsignedWad(e.U128("initialWad")),
            Maintenance = new UnsignedWad(e.U128("maintenanceWad")),
            MarkValue = new Wad(e.I128("markValueWad")),
            Decay = new WadPerSecond(e.U128("decayWadPerSecond")),
        },
        "stressRow" => new StressRow
        {
            Instrument = new InstrumentId(e.Hash("instrument")),
            Mark = new UnitPriceWad(e.U128("markWad")),
            TickExponent = sbyte.Parse(e.Text("tickExponent")),
            EntriesHash = e.Hash("entriesHash"),
        },
        "clearance" => new Clearance
        {
            SetId = new SetId(e.U64("setId")),
            BatchSequence = new BatchSequence(e.U64("batchSequence")),
            ObservedAt = new UnixSeconds(e.U64("observedAt")),
            ValidUntil = new UnixSeconds(e.U64("validUntil")),
            ActionHash = e.Hash("actionHash"),
            ParameterHash = e.Content("parameterHash"),
            Accounts = [.. e.List("accounts").Select(a => new AccountClearance
            {
                Account = new AccountNumber(a.U64("account")),
                Sequence = new AccountSequence(a.U64("sequence")),
                Before = new PositionsHash(a.Hash("positionsHashBefore")),
                After = new PositionsHash(a.Hash("positionsHashAfter")),
                Initial = new UnsignedWad(a.U128("initialWad")),
                Maintenance = new UnsignedWad(a.U128("maintenanceWad")),
                MarkValue = new Wad(a.I128("markValueWad")),
                ReducesRisk = a.GetProperty("reducesRisk").GetBoolean(),
            })],
        },
        "settlementPrice" => new SettlementPrice
        {
            SetId = new SetId(e.U64("setId")),
            PriceId = new PriceId(e.U8("priceId")),
            Expiry = new UnixSeconds(e.U64("expiry")),
            Price = new PriceE8(e.U64("priceE8")),
            ObservedAt = new UnixSeconds(e.U64("observedAt")),
        },
        "fundingIndex" => new FundingIndex
        {
            SetId = new SetId(e.U64("setId")),
            Instrument = new InstrumentId(e.Hash("instrument")),
            Sequence = e.U64("sequence"),
            Index = new Wad(e.I128("indexWad")),
            ObservedAt = new UnixSeconds(e.U64("observedAt")),
        },
        "order" => Order(e),
        "trade" => new Trade([.. e.List("matches").Select(m => new Match(
            Order(m.GetProperty("buy")), Order(m.GetProperty("sell")), new QuantityWad(m.I128("quantityWad")), new UnitPriceWad(m.U128("priceWad"))))]),
        "coinWithdrawal" => new CoinWithdrawal(new AccountNumber(e.U64("account")), new CoinIndex(e.U8("coin")), new TokenAmount(BigInteger.Parse(e.Text("amount"))), e.Address("to")),
        "liquidation" => new LiquidationSlice(new AccountNumber(e.U64("from")), new AccountNumber(e.U64("to")), Legs(e)),
        "deleveraging" => new Deleveraging(
            new AccountNumber(e.U64("from")), new AccountNumber(e.U64("to")), Legs(e), new Wad(e.I128("valueWad")), new UnsignedWad(e.U128("movedWad")), new UnsignedWad(e.U128("allWad"))),
        _ => throw new InvalidOperationException($"unknown message {kind}"),
    };

    private static ImmutableArray<SliceLeg> Legs(JsonElement e) => [.. e.List("legs").Select(l => new SliceLeg(new InstrumentId(l.Hash("instrument")), new QuantityWad(l.I128("quantityWad"))))];

    private static Order Order(JsonElement e) => new()
    {
        Account = new AccountNumber(e.U64("account")),
        Instrument = new InstrumentId(e.Hash("instrument")),
        Quantity = new QuantityWad(e.I128("quantityWad")),
        LimitPrice = new UnitPriceWad(e.U128("limitPriceWad")),
        Expiry = new UnixSeconds(e.U64("expiry")),
        Nonce = e.U64("nonce"),
        Matcher = e.Address("matcher"),
    };
}
