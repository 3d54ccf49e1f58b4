using System.Globalization;
using System.Numerics;
using Pms.Attestation.Messages;
using Pms.Cli.Onchain;
using Pms.Cli.Proofs;
using Pms.MarketData.Snapshots;
using Pms.Primitives;
using Pms.Proofs.Circuits;
using Pms.Prover.Keys;
using Pms.Prover.Processes;
using Pms.Prover.Proving;
using Pms.Server.Chain;

namespace Pms.Cli.Demo;

/// <summary>How often solvency is proven.</summary>
/// <param name="Interval">a proof begins so long after the last began, or when that ends</param>
internal sealed record DemoProofTerms(TimeSpan Interval);

/// <summary>Proves the solvency of the newest batch over and over, and brings the proofs to the chain.</summary>
internal sealed class DemoProofs
{
    private static readonly string[] Hidden = ["every account's positions", "every account's equity", "which accounts owe in which scenario", "the shortfall of each single scenario"];
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly LocalHouse _house;
    private readonly BuiltCircuit _circuit;
    private readonly DemoProofTerms _terms;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private (BatchHeader Header, MarketSnapshot Snapshot)? _newest;
    private Kept _kept = new(SolvencyProofDocument.None, DateTimeOffset.MaxValue);

    public DemoProofs(LocalHouse house, BuiltCircuit circuit, DemoProofTerms terms, TimeProvider time) => (_house, _circuit, _terms, _time) = (house, circuit, terms, time);

    /// <summary>As of now: a proof that is too old for the chain is expired here, too.</summary>
    public SolvencyProofDocument Document => Volatile.Read(ref _kept) is var kept && _time.GetUtcNow() > kept.ExpiresAt ? kept.Document with { Status = "expired" } : kept.Document;

    /// <summary>The circuit, set up: a minute or two the first time.</summary>
    public static async Task<BuiltCircuit?> CircuitAsync(DemoProofTerms terms, Action<string, string> tell, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(terms);
        tell("circuit", "the solvency circuit is being compiled and set up, where that was not done before (a minute or two)");
        try
        {
            var circuit = await BuiltCircuit.MakeAsync(ProofFlags.Tools(), CircuitInstance.Of("solvency-demo"), ProofTarget.Chain, null, ProverLimits.Default, cancel).ConfigureAwait(false);
            tell("circuit-ready", string.Create(CultureInfo.InvariantCulture, $"solvency will be proven over {circuit.Instance.Accounts} accounts and {circuit.Instance.Scenarios} scenarios: {circuit.Gates:N0} gates"));
            return circuit;
        }
        catch (ProverException e)
        {
            // The house works without a prover.
            tell("circuit-missing", $"nothing will be proven: {e.Message}");
            return null;
        }
    }

    /// <summary>The batch that the next proof is of.</summary>
    public void Note(BatchHeader header, MarketSnapshot snapshot)
    {
        lock (_lock)
        {
            _newest = (header, snapshot);
        }
    }

    /// <summary>Proves until it is told to stop. What fails is told, and tried again with the next batch.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        var proofs = new LocalProofs(_house, new ProofMaker(ProofFlags.Tools()), await _house.SenderAsync("prover", cancel).ConfigureAwait(false));
        for (; ; )
        {
            (BatchHeader Header, MarketSnapshot Snapshot)? newest;
            lock (_lock)
            {
                (newest, _newest) = (_newest, null);
            }

            var begun = _time.GetTimestamp();
            if (newest is not { } batch)
            {
                await Task.Delay(Pause, _time, cancel).ConfigureAwait(false);
                continue;
            }

            try
            {
                await PublishAsync(proofs, batch.Header, batch.Snapshot, cancel).ConfigureAwait(false);
            }
            catch (Exception e) when (e is PmsException or IOException)
            {
                Volatile.Write(ref _kept, _kept with { Document = _kept.Document with { Error = new ErrorBody((e as PmsException)?.Code ?? "io", e.Message) } });
            }

            var rest = _terms.Interval - _time.GetElapsedTime(begun);
            await Task.Delay(rest > Pause ? rest : Pause, _time, cancel).ConfigureAwait(false);
        }
    }

    private async Task PublishAsync(LocalProofs proofs, BatchHeader header, MarketSnapshot snapshot, CancellationToken cancel)
    {
        var proof = await proofs.SolvencyAsync(_circuit.Instance, header, snapshot, cancel).ConfigureAwait(false);
        var receipt = await proofs.PublishAsync(proof, cancel).ConfigureAwait(false);
        // What the chain keeps of it, not what was sent.
        var latest = await _house.Node.CallAsync(_house.Contracts.Solvency, "latest", [], cancel).ConfigureAwait(false);
        var round = latest[2]!;
        var shortfall = proof.Proof["shortfall"].ToBigInteger();
        var isKept = (bool)latest[0]! && (string)round["batchSequence"]! == $"{header.Sequence}" && BigInteger.Parse((string)round["shortfallWad"]!, CultureInfo.InvariantCulture) == shortfall * BigInteger.Pow(10, 12);
        var maxAge = await _house.Node.CallAsync(_house.Contracts.Solvency, "maxAgeSeconds", [], cancel).ConfigureAwait(false);
        var expiresAt = header.ObservedAt.ToInstant().AddSeconds(double.Parse((string)maxAge[0]!, CultureInfo.InvariantCulture));
        Volatile.Write(ref _kept, new Kept(new SolvencyProofDocument(
            "published",
            _circuit.Instance.Name,
            [.. proof.Proof.Public.Select(p => p.Value.ToString())],
            proof.Proof["context"].ToString(),
            header.Sequence.Value,
            shortfall.ToString(CultureInfo.InvariantCulture),
            receipt.Hash,
            (string)round["indexWad"]!,
            DateTimeOffset.FromUnixTimeSeconds(long.Parse((string)round["publishedAt"]!, CultureInfo.InvariantCulture)),
            isKept,
            Hidden,
            proof.Proof.IsDevelopment), expiresAt));
        _house.Tell("solvency-proven", string.Create(CultureInfo.InvariantCulture, $"solvency of batch {header.Sequence} is proven and published: shortfall {(decimal)shortfall / 1_000_000:N0} USD; {proof.Proof.Cost.CpuSeconds:N0} CPU s"), receipt);
    }

    /// <param name="Document">as it was published</param>
    /// <param name="ExpiresAt">from when the chain does not count it any more</param>
    private sealed record Kept(SolvencyProofDocument Document, DateTimeOffset ExpiresAt);
}
