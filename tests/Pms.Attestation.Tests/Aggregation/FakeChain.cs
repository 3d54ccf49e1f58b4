using System.Collections.Immutable;
using Pms.Attestation.Aggregation;
using Pms.Attestation.Amounts;
using Pms.Attestation.Encoding;
using Pms.Attestation.Messages;
using Pms.Primitives;

namespace Pms.Attestation.Tests.Aggregation;

/// <summary>The registry's rule on sequences, in a file: one line for each accepted batch, whole or not there.</summary>
internal sealed class FakeChain(string path, Action? onAccepted = null) : IBatchSubmitter
{
    /// <summary>Accepted batches: sequence and struct hash, oldest first. A line cut off by a death was never accepted.</summary>
    public ImmutableArray<(ulong Sequence, KeccakHash Hash)> Accepted => !File.Exists(path) ? [] :
        [.. File.ReadAllText(path).Split('\n')[..^1].Select(l => l.Split(' ')).Where(p => p.Length == 2 && p[1].Length == 66).Select(p => (ulong.Parse(p[0]), KeccakHash.Parse(p[1])))];

    public Task<(BatchSequence Last, KeccakHash Stored)> StateAsync(BatchSequence sequence, CancellationToken cancel)
    {
        var accepted = Accepted;
        return Task.FromResult((new BatchSequence(accepted.Select(a => a.Sequence).DefaultIfEmpty().Max()), accepted.FirstOrDefault(a => a.Sequence == sequence.Value).Hash));
    }

    public Task<Refusal?> SubmitAsync(BatchHeader header, ImmutableArray<PriceE8> prices, QuorumProof proof, CancellationToken cancel)
    {
        if (header.PricesHash != BatchHeader.HashPrices(prices.AsSpan()))
        {
            return Task.FromResult<Refusal?>(new Refusal("PricesMismatch", "the prices are not those of the header"));
        }

        var last = Accepted.Select(a => a.Sequence).DefaultIfEmpty().Max();
        if (header.Sequence.Value <= last)
        {
            return Task.FromResult<Refusal?>(new Refusal("StaleSequence", $"{header.Sequence} is not above {last}"));
        }

        // In one write, on a line of its own whatever a death has left before.
        File.AppendAllText(path, $"{(File.Exists(path) && !File.ReadAllText(path).EndsWith('\n') ? "\n" : "")}{header.Sequence} {header.StructHash()}\n");
        onAccepted?.Invoke();
        return Task.FromResult<Refusal?>(null);
    }
}
