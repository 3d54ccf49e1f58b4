using Pms.Chain.Contracts;
using Pms.Chain.Nodes;

namespace Pms.Chain.Logs;

/// <summary>What a look at the chain brought.</summary>
/// <param name="RewoundTo">not null: blocks above this height were replaced; everything learnt from them must be undone before <paramref name="Logs"/> are applied</param>
/// <param name="Logs">new events, in the order of the chain</param>
/// <param name="Head">height up to which the events are complete</param>
public sealed record LogAdvance(ulong? RewoundTo, IReadOnlyList<ChainLog> Logs, BlockRef Head);

/// <summary>Follows the events of some contracts through reorganisations.</summary>
/// <remarks>
/// Keeps the hashes of the last <see cref="MaxReorg"/> blocks seen. When the parent of a new block is not the block remembered, it walks back to the last one that
/// both chains share and says so; a deeper reorganisation is refused, because nobody should act on such a chain without a person looking at it. Not safe for several threads.
/// </remarks>
public sealed class LogFollower
{
    /// <summary>Deepest reorganisation that is followed.</summary>
    public const int MaxReorg = 128;

    /// <summary>Most blocks of one request for events.</summary>
    private const ulong Page = 2_000;

    private readonly EthereumNode _node;
    private readonly IReadOnlyCollection<DeployedContract> _contracts;
    private readonly ulong _start;
    private readonly ulong _confirmations;
    private readonly List<BlockRef> _known = [];
    private ulong _next;

    /// <param name="node">of the chain</param>
    /// <param name="contracts">whose events are wanted</param>
    /// <param name="start">first height</param>
    /// <param name="confirmations">blocks above one that is looked at; 0: the newest counts</param>
    public LogFollower(EthereumNode node, IReadOnlyCollection<DeployedContract> contracts, ulong start, int confirmations = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(confirmations);
        (_node, _contracts, _start, _confirmations, _next) = (node, contracts, start, (ulong)confirmations, start);
    }

    /// <summary>Reads what is new.</summary>
    /// <param name="cancel">gives up; nothing is lost, the next call begins where this one did</param>
    /// <param name="until">height that is not passed; null: as far as there are confirmed blocks</param>
    /// <exception cref="ChainException"><c>chain-reorg</c>: deeper than <see cref="MaxReorg"/>; <c>chain-unreachable</c></exception>
    public async Task<LogAdvance> AdvanceAsync(CancellationToken cancel, ulong? until = null)
    {
        var latest = await _node.LatestAsync(cancel).ConfigureAwait(false);
        var rewound = await RewindAsync(cancel).ConfigureAwait(false);
        var highest = latest.Number < _confirmations ? (ulong?)null : Math.Min(latest.Number - _confirmations, until ?? ulong.MaxValue);
        var head = highest is not { } height ? null : height == latest.Number ? latest : await _node.BlockAsync(height, cancel).ConfigureAwait(false);
        if (head is null || head.Number < _next)
        {
            return new LogAdvance(rewound, [], _known.Count > 0 ? _known[^1] : latest);
        }

        var logs = new List<ChainLog>();
        for (var from = _next; from <= head.Number; from += Page)
        {
            logs.AddRange(await _node.LogsAsync(_contracts, from, Math.Min(head.Number, from + Page - 1), cancel).ConfigureAwait(false));
        }

        var first = head.Number >= MaxReorg && head.Number - MaxReorg + 1 > _next ? head.Number - MaxReorg + 1 : _next;
        var fresh = new List<BlockRef>();
        for (var number = first; number <= head.Number; number++)
        {
            fresh.Add(await _node.BlockAsync(number, cancel).ConfigureAwait(false) ?? throw Moved(number));
        }

        // The chain may have changed while it was read: then the next look finds out, and nothing of this one is kept.
        var parent = _known.Count > 0 && first == _next ? _known[^1].Hash : null;
        foreach (var block in fresh)
        {
            if ((parent is not null && block.ParentHash != parent) || logs.Exists(l => l.BlockNumber == block.Number && l.BlockHash != block.Hash))
            {
                return new LogAdvance(rewound, [], _known.Count > 0 ? _known[^1] : block);
            }

            parent = block.Hash;
        }

        _known.AddRange(fresh);
        if (_known.Count > MaxReorg)
        {
            _known.RemoveRange(0, _known.Count - MaxReorg);
        }

        _next = head.Number + 1;
        return new LogAdvance(rewound, logs, _known[^1]);
    }

    private static ChainException Moved(ulong height) => new("chain-reorg", $"block {height} vanished while the chain was read");

    /// <summary>Height that the next look begins at.</summary>
    public ulong Next => _next;

    /// <summary>Forgets blocks that are no longer part of the chain.</summary>
    private async Task<ulong?> RewindAsync(CancellationToken cancel)
    {
        var forgotten = 0;
        while (_known.Count > 0)
        {
            var now = await _node.BlockAsync(_known[^1].Number, cancel).ConfigureAwait(false);
            if (now?.Hash == _known[^1].Hash)
            {
                break;
            }

            _known.RemoveAt(_known.Count - 1);
            forgotten++;
        }

        if (forgotten == 0)
        {
            return null;
        }

        if (_known.Count == 0 && _next > _start + (ulong)forgotten)
        {
            throw new ChainException("chain-reorg", $"the chain was replaced deeper than {MaxReorg} blocks below {_next - 1}");
        }

        _next = _known.Count > 0 ? _known[^1].Number + 1 : _start;
        return _next - 1;
    }
}
