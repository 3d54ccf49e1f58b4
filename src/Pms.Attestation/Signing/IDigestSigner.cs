using Pms.Attestation.Amounts;
using Pms.Attestation.Encoding;

namespace Pms.Attestation.Signing;

/// <summary>Holds one key and signs digests with it. What may be signed is decided before it is asked.</summary>
public interface IDigestSigner
{
    EvmAddress Address { get; }

    Task<EvmSignature> SignAsync(Digest digest, CancellationToken cancel);
}

/// <summary>Tells whose signature it is.</summary>
public interface IDigestVerifier
{
    /// <summary>Whether this address signed this digest.</summary>
    Task<bool> IsSignedByAsync(Digest digest, EvmSignature signature, EvmAddress signer, CancellationToken cancel);
}
