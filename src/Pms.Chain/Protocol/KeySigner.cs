using Pms.Attestation.Amounts;
using Pms.Attestation.Encoding;
using Pms.Attestation.Signing;
using Pms.Chain.Nodes;

namespace Pms.Chain.Protocol;

/// <summary>Signs digests with the key of a file.</summary>
public sealed class KeySigner : IDigestSigner
{
    private readonly KeyFiles _keys;
    private readonly string _path;

    private KeySigner(KeyFiles keys, string path, EvmAddress address) => (_keys, _path, Address) = (keys, path, address);

    public EvmAddress Address { get; }

    /// <exception cref="ChainException"><c>key-file</c></exception>
    public static async Task<KeySigner> OpenAsync(KeyFiles keys, string path, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(keys);
        return new KeySigner(keys, path, EvmAddress.Parse(await keys.AddressAsync(path, cancel).ConfigureAwait(false)));
    }

    /// <inheritdoc/>
    public async Task<EvmSignature> SignAsync(Digest digest, CancellationToken cancel) =>
        EvmSignature.FromBytes(Convert.FromHexString((await _keys.SignAsync(_path, digest.ToString(), cancel).ConfigureAwait(false))[2..]));
}

/// <summary>Recovers who signed.</summary>
public sealed class KeyVerifier(KeyFiles keys) : IDigestVerifier
{
    /// <inheritdoc/>
    public async Task<bool> IsSignedByAsync(Digest digest, EvmSignature signature, EvmAddress signer, CancellationToken cancel) =>
        await keys.RecoverAsync(digest.ToString(), signature.ToString(), cancel).ConfigureAwait(false) is { } address && EvmAddress.Parse(address) == signer;
}
