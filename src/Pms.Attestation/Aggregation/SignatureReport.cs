using System.Collections.Immutable;
using Pms.Attestation.Amounts;
using Pms.Attestation.Encoding;
using Pms.Attestation.Messages;
using Pms.Attestation.Signing;

namespace Pms.Attestation.Aggregation;

/// <summary>One signature, looked at.</summary>
public sealed record CheckedSignature(EvmAddress Signer, bool IsMember, bool IsValid)
{
    public bool Counts => IsMember && IsValid;
}

/// <summary>Signatures of a digest held against a set.</summary>
/// <param name="Set">whose signatures count</param>
/// <param name="Checked">by signer</param>
/// <param name="Good">those that count</param>
public sealed record SignatureReport(AttesterSet Set, ImmutableArray<CheckedSignature> Checked, ImmutableDictionary<EvmAddress, EvmSignature> Good)
{
    public bool HasQuorum => Good.Count >= Set.Quorum;

    /// <summary>First signature that is not what it says; null: none.</summary>
    public CheckedSignature? FirstWrong => Checked.FirstOrDefault(c => !c.Counts);

    public static async Task<SignatureReport> OfAsync(Digest digest, AttesterSet set, IReadOnlyDictionary<EvmAddress, EvmSignature> signatures, IDigestVerifier verifier, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(set);
        ArgumentNullException.ThrowIfNull(signatures);
        ArgumentNullException.ThrowIfNull(verifier);
        var all = ImmutableArray.CreateBuilder<CheckedSignature>(signatures.Count);
        foreach (var (signer, signature) in signatures.OrderBy(s => s.Key))
        {
            all.Add(new CheckedSignature(signer, set.Members.Contains(signer), await verifier.IsSignedByAsync(digest, signature, signer, cancel).ConfigureAwait(false)));
        }

        var good = all.Where(c => c.Counts).ToImmutableDictionary(c => c.Signer, c => signatures[c.Signer]);
        return new SignatureReport(set, all.ToImmutable(), good);
    }
}
