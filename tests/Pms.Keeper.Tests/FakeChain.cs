using System.Collections.Immutable;
using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using Pms.Attestation.Wire;
using Pms.Chain.Nodes;
using Pms.Keeper.Batches;
using Pms.Keeper.Chains;
using Pms.Keeper.Decisions;
using Pms.Liquidation.Gas;

namespace Pms.Keeper.Tests;

/// <summary>A chain with a pool, blocks and one key, in memory. It may fail at a chosen call, drop what it was sent, refuse, and forget blocks.</summary>
internal sealed class FakeChain : ILiquidationChain, IBatchSource
{
    private readonly Dictionary<ulong, (string Raw, string Hash)> _pool = [];
    private readonly List<List<(string Raw, string Hash)>> _blocks = [[]];
    private int _calls;

    /// <summary>Applied when a block is made.</summary>
    public List<AuctionView> Accounts { get; } = [];

    public ulong Now { get; set; } = Views.Now;

    public BigInteger BaseFee { get; set; } = 10_000_000_000;

    public BigInteger Cash { get; set; } = Views.Wad(1e6);

    /// <summary>Number of the call that the process dies at; 0: it lives.</summary>
    public int DieAt { get; set; }

    /// <summary>Name of the error with which calls are refused before they are sent.</summary>
    public string? Refuses { get; set; }

    /// <summary>What is sent is lost.</summary>
    public bool Drops { get; set; }

    /// <summary>Included transactions are refused there.</summary>
    public bool Reverts { get; set; }

    public int Calls => _calls;

    public int InPool => _pool.Count;

    /// <summary>Data of what happened, in order.</summary>
    public IEnumerable<string> Happened => _blocks.SelectMany(b => b).Select(t => t.Raw.Split('|')[2]);

    public IEnumerable<string> Pooled => _pool.Values.Select(t => t.Raw);

    public Task<BlockRef> HeadAsync(CancellationToken cancel) => Answer(Block((ulong)_blocks.Count - 1));

    public Task<ImmutableArray<AuctionView>> AccountsAsync(BatchDocument? batch, CancellationToken cancel) => Answer(Accounts.ToImmutableArray());

    public Task<BigInteger> CashAsync(CancellationToken cancel) => Answer(Cash);

    public Task<FeeHistory> FeesAsync(int blocks, CancellationToken cancel) => Answer(new FeeHistory([.. Enumerable.Repeat(BaseFee, blocks + 1)], [10], [.. Enumerable.Repeat(ImmutableArray.Create<BigInteger>(1), blocks)]));

    public Task<ulong> NonceAsync(CancellationToken cancel) => Answer((ulong)_blocks.Sum(b => b.Count));

    public Task<PreparedCall> PrepareAsync(KeeperAction action, BatchDocument? batch, CancellationToken cancel) =>
        Refuses is { } error ? throw new RevertException($"{action.Kind}", error, "[]") : Answer(new PreparedCall("0xengine", $"{action.Kind}:{action.Account}:{action.Claim}", action.GasUnits));

    public Task<SignedTransaction> SignAsync(PreparedCall call, ulong nonce, FeeOffer offer, CancellationToken cancel)
    {
        var raw = string.Join('|', nonce, call.To, call.Data, call.Gas, offer.MaxFeeWei, offer.TipWei);
        return Answer(new SignedTransaction(raw, Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(raw))), "0xkeeper"));
    }

    public Task<string?> SendAsync(string raw, CancellationToken cancel)
    {
        Die();
        var nonce = ulong.Parse(raw.Split('|')[0], CultureInfo.InvariantCulture);
        if (nonce < (ulong)_blocks.Sum(b => b.Count))
        {
            return Task.FromResult<string?>("nonce-too-low");
        }

        if (_pool.TryGetValue(nonce, out var old) && old.Raw != raw && Fee(raw) < Fee(old.Raw) * 110 / 100)
        {
            return Task.FromResult<string?>("underpriced");
        }

        if (!Drops)
        {
            _pool[nonce] = (raw, Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(raw))));
        }

        return Answer<string?>(null);
    }

    public Task<TransactionReceipt?> ReceiptAsync(string hash, CancellationToken cancel)
    {
        for (var i = 0; i < _blocks.Count; i++)
        {
            if (_blocks[i].FirstOrDefault(t => t.Hash == hash) is { Raw: not null } found)
            {
                return Answer<TransactionReceipt?>(new TransactionReceipt(hash, (ulong)i, Block((ulong)i).Hash, !Reverts, 100_000, BaseFee, null));
            }
        }

        return Answer<TransactionReceipt?>(null);
    }

    public Task<BatchDocument?> NewestAsync(CancellationToken cancel) => Task.FromResult<BatchDocument?>(null);

    /// <summary>A block with everything of the pool whose nonce is next and whose fee pays.</summary>
    public void Mine(int blocks = 1)
    {
        for (var i = 0; i < blocks; i++)
        {
            var block = new List<(string Raw, string Hash)>();
            _blocks.Add(block);
            Now += 12;
            while (_pool.TryGetValue((ulong)_blocks.Sum(b => b.Count), out var next) && Fee(next.Raw) >= BaseFee)
            {
                _pool.Remove((ulong)_blocks.Sum(b => b.Count));
                block.Add(next);
                var parts = next.Raw.Split('|')[2].Split(':');
                if (!Reverts && parts[0] == "Start")
                {
                    var at = Accounts.FindIndex(a => a.Account == ulong.Parse(parts[1], CultureInfo.InvariantCulture));
                    Accounts[at] = Accounts[at] with { Terms = Views.Terms with { StartedAtSeconds = Now } };
                }
                else if (!Reverts && parts[0] == "Divide")
                {
                    var at = Accounts.FindIndex(a => a.Account == ulong.Parse(parts[1], CultureInfo.InvariantCulture));
                    Accounts[at] = Accounts[at] with { OwnClaims = Accounts[at].OwnClaims.Remove(ulong.Parse(parts[2], CultureInfo.InvariantCulture)) };
                }
            }
        }
    }

    /// <summary>The last block is replaced by an empty one; what it held is forgotten, also by the pool.</summary>
    public void ForgetLastBlock()
    {
        _blocks[^1] = [];
        Salt++;
    }

    private int Salt { get; set; }

    private static BigInteger Fee(string raw) => BigInteger.Parse(raw.Split('|')[4], CultureInfo.InvariantCulture);

    private BlockRef Block(ulong number) => new(number, $"0x{number}-{Salt}", $"0x{number - 1}", Now, BaseFee);

    private Task<T> Answer<T>(T value)
    {
        Die();
        return Task.FromResult(value);
    }

    private void Die()
    {
        if (++_calls == DieAt)
        {
            throw new ProcessKilledException();
        }
    }
}

internal sealed class ProcessKilledException : Exception;
