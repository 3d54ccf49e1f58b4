using System.Collections.Immutable;
using Pms.Margin.Market;
using Pms.MarketData.Instruments;
using Pms.Primitives;
using Pms.Scenarios;

namespace Pms.Margin.Arrays;

/// <summary>Gain of one unit of each contract and asset in each scenario, as integers: all that a margin needs to know of the market.</summary>
/// <remarks>
/// Left of it numbers are doubles, right of it integers (docs/model/encoding.md, Risk array). Every row has a power-of-ten tick and lot whose product is one
/// money unit, 1e-6 USD, so that an account's gain in a scenario is the exact sum of lots times entries.
/// Gain: value at the horizon in the scenario less value now by the fitted surface; no discounting.
/// </remarks>
public sealed class RiskArray
{
    public const string Schema = "pms.risk-array/1";

    internal const string RowSchema = "pms.risk-row/1";

    private readonly Dictionary<RowKey, int> _index;
    private readonly int[][] _ticks;
    private readonly int[] _most;
    private readonly Lazy<MerkleTree> _tree;
    private readonly Lazy<ContentHash> _hash;

    private RiskArray(DateTimeOffset at, ContentHash snapshotHash, ScenarioSet set, RiskRow[] rows, int reused)
    {
        At = at;
        SnapshotHash = snapshotHash;
        ScenarioSetHash = set.Hash;
        ScenarioCount = set.Count;
        TailCount = set.TailCount;
        Rows = ImmutableArray.Create(rows);
        Reused = reused;
        _index = new Dictionary<RowKey, int>(rows.Length);
        _ticks = new int[rows.Length][];
        _most = new int[rows.Length];
        for (var i = 0; i < rows.Length; i++)
        {
            _index.Add(rows[i].Key, i);
            _ticks[i] = rows[i].TickArray;
            _most[i] = rows[i].MostTicks;
        }

        _tree = new Lazy<MerkleTree>(() => new MerkleTree(Rows.Select(r => r.LeafHash)));
        _hash = new Lazy<ContentHash>(() => HashOf(At, SnapshotHash, ScenarioSetHash, ScenarioCount, TailCount, Rows.Length, Root));
    }

    /// <summary>Instant of the market.</summary>
    public DateTimeOffset At { get; }

    public ContentHash SnapshotHash { get; }

    public ContentHash ScenarioSetHash { get; }

    /// <summary>By <see cref="RowKey"/>: contracts by name, then assets by code.</summary>
    public ImmutableArray<RiskRow> Rows { get; }

    /// <summary>Entries of a row.</summary>
    public int ScenarioCount { get; }

    /// <summary>Scenarios with probability; they are the first ones.</summary>
    public int TailCount { get; }

    /// <summary>[row][scenario]; for kernels, not to be written to.</summary>
    internal int[][] TickRows => _ticks;

    /// <summary>[row] largest |entry|.</summary>
    internal int[] MostTicks => _most;

    /// <summary>Rows taken over from the previous array.</summary>
    public int Reused { get; }

    /// <summary>Rows worked out anew.</summary>
    public int Revalued => Rows.Length - Reused;

    /// <summary>Root over the rows. Hashing takes about as long as half a revaluation, so it is done when first asked for, and only for new rows.</summary>
    public ContentHash Root => _tree.Value.Root;

    /// <summary>Of the header, which names the market, the scenarios and <see cref="Root"/>.</summary>
    public ContentHash Hash => _hash.Value;

    /// <summary>Values every contract and asset in every scenario.</summary>
    /// <param name="market">prices and surfaces of one instant</param>
    /// <param name="set">scenarios</param>
    /// <param name="instruments">contracts; each once or more often</param>
    /// <param name="assets">assets held as collateral</param>
    /// <param name="options">null: <see cref="RiskArrayOptions.Default"/></param>
    /// <param name="previous">an earlier array: its rows are taken over where nothing that they depend on has changed</param>
    /// <exception cref="InvalidInputException"><c>risk-array-empty</c>: no row; or a row that cannot be valued: <c>underlying-missing</c>, <c>surface-missing</c>,
    /// <c>instrument-expired</c>, <c>future-mark-missing</c>, <c>asset-price-missing</c>, <c>risk-factor-missing</c>, <c>scenario-range</c>, <c>row-range</c></exception>
    public static RiskArray Build(
        MarginMarket market, ScenarioSet set, IEnumerable<Instrument> instruments, IEnumerable<Asset> assets, RiskArrayOptions? options = null, RiskArray? previous = null)
    {
        ArgumentNullException.ThrowIfNull(market);
        ArgumentNullException.ThrowIfNull(set);
        ArgumentNullException.ThrowIfNull(instruments);
        ArgumentNullException.ThrowIfNull(assets);
        options ??= RiskArrayOptions.Default;
        var keys = instruments.Distinct().Select(RowKey.Of).Concat(assets.Distinct().Select(RowKey.Of)).ToArray();
        Array.Sort(keys);
        if (keys.Length == 0)
        {
            throw new InvalidInputException("risk-array-empty", "a risk array needs at least one contract or asset");
        }

        var valuation = new RowValuation(market, set, options, keys);
        var rows = new RiskRow[keys.Length];
        var isReused = new bool[keys.Length];
        void Value(int i) => rows[i] = valuation.Value(keys[i], previous?.Find(keys[i]), out isReused[i]);

        if (options.MaxThreads <= 1)
        {
            for (var i = 0; i < rows.Length; i++)
            {
                Value(i);
            }
        }
        else
        {
            InParallel(options.MaxThreads, rows.Length, Value);
        }

        return new RiskArray(market.At, market.SnapshotHash, set, rows, isReused.Count(r => r));
    }

    public bool TryFind(RowKey key, out int row) => _index.TryGetValue(key, out row);

    public bool TryFind(Instrument instrument, out int row) => TryFind(RowKey.Of(instrument), out row);

    public bool TryFind(Asset asset, out int row) => TryFind(RowKey.Of(asset), out row);

    /// <exception cref="InvalidInputException"><c>row-missing</c></exception>
    public int RowOf(RowKey key) => TryFind(key, out var row)
        ? row
        : throw new InvalidInputException("row-missing", $"the risk array has no row of {key}");

    /// <param name="row">index in <see cref="Rows"/></param>
    /// <param name="destination">[scenario] ticks</param>
    public void CopyRow(int row, Span<int> destination) => Rows[row].Ticks.CopyTo(destination);

    /// <summary>An account's gain in every scenario, exact.</summary>
    /// <param name="holdings">rows and lots, in any order; a row may stand more than once</param>
    /// <param name="destination">[scenario] money units (1e-6 USD)</param>
    /// <exception cref="InvalidInputException"><c>pnl-overflow</c>: a gain beyond 9.2e18 money units (9.2e12 USD); <c>row-missing</c></exception>
    public void AccountPnl(ReadOnlySpan<RowLots> holdings, Span<long> destination)
    {
        if (destination.Length != ScenarioCount)
        {
            throw new ArgumentException($"the destination has {destination.Length} entries for {ScenarioCount} scenarios", nameof(destination));
        }

        foreach (var (row, _) in holdings)
        {
            if ((uint)row >= (uint)Rows.Length)
            {
                throw new InvalidInputException("row-missing", $"a holding is of row {row}; the array has {Rows.Length} rows");
            }
        }

        Gains(_ticks, _most, holdings, destination);
    }

    /// <summary>No partial sum of the account's gains leaves plus or minus this: sum of |lots| times the row's largest |entry|. Money units.</summary>
    public Int128 GainBound(ReadOnlySpan<RowLots> holdings)
    {
        Int128 bound = 0;
        foreach (var (row, lots) in holdings)
        {
            bound += Int128.Abs(lots) * Rows[row].MostTicks;
        }

        return bound;
    }

    /// <summary>The exact gains differ from the integers by no more than this: half a money unit for each lot held, rounded up. To be charged.</summary>
    public static Int128 RoundingBound(ReadOnlySpan<RowLots> holdings)
    {
        Int128 lots = 0;
        foreach (var holding in holdings)
        {
            lots += Int128.Abs(holding.Lots);
        }

        return (lots + 1) / 2;
    }

    /// <summary>That a row is one of the array: <see cref="MerkleProof.Verify"/> with <see cref="RiskRow.LeafHash"/> and <see cref="Root"/>.</summary>
    public MerkleProof Prove(int row) => _tree.Value.Prove(row);

    /// <summary>Exact gains over integer rows.</summary>
    /// <param name="rows">[row][scenario]</param>
    /// <param name="most">[row] largest |entry|</param>
    /// <param name="holdings">rows and lots</param>
    /// <param name="destination">[scenario]</param>
    internal static void Gains(int[][] rows, int[] most, ReadOnlySpan<RowLots> holdings, Span<long> destination)
    {
        Int128 bound = 0;
        foreach (var (row, lots) in holdings)
        {
            bound += Int128.Abs(lots) * most[row];
        }

        if (bound <= long.MaxValue)
        {
            LotKernels.Gains(rows, holdings, destination);
            return;
        }

        for (var s = 0; s < destination.Length; s++)
        {
            Int128 sum = 0;
            foreach (var (row, lots) in holdings)
            {
                sum += (Int128)lots * rows[row][s];
            }

            destination[s] = sum >= long.MinValue && sum <= long.MaxValue
                ? (long)sum
                : throw new InvalidInputException("pnl-overflow", $"the account gains {sum} money units in scenario {s}, beyond the range of a 64-bit integer");
        }
    }

    private RiskRow? Find(RowKey key) => _index.TryGetValue(key, out var row) ? Rows[row] : null;

    /// <summary>Hash of the canonical header (docs/model/encoding.md).</summary>
    internal static ContentHash HashOf(DateTimeOffset at, ContentHash snapshot, ContentHash scenarioSet, int scenarios, int tail, int rows, ContentHash root)
    {
        var writer = new CanonicalWriter(Schema);
        writer.Write(at);
        writer.Write(snapshot.ToString());
        writer.Write(scenarioSet.ToString());
        writer.Write(scenarios);
        writer.Write(tail);
        writer.Write(rows);
        writer.Write(root.ToString());
        return writer.Hash();
    }

    /// <summary>Every item writes to a slot of its own; the first failure in the order of the items is the one that is told.</summary>
    private static void InParallel(int threads, int count, Action<int> item)
    {
        try
        {
            Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = threads }, item);
        }
        catch (AggregateException)
        {
            // Which item failed first depends on the threads; in order, it does not.
            for (var i = 0; i < count; i++)
            {
                item(i);
            }

            throw;
        }
    }
}
