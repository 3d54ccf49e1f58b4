using System.Numerics;
using System.Security.Cryptography;
using Pms.Attestation.Amounts;
using Pms.Attestation.Encoding;
using Pms.Attestation.Signing;

namespace Pms.Attestation.Tests.Signing;

/// <summary>A secp256k1 key of .NET. It cannot recover keys, so a verifier knows the public ones; v is always 27.</summary>
internal sealed class TestKey : IDigestSigner, IDisposable
{
    private static readonly BigInteger Order = BigInteger.Parse("0fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141", System.Globalization.NumberStyles.HexNumber);

    private readonly ECDsa _key;

    /// <param name="number">the private key, 1 or more</param>
    public TestKey(int number)
    {
        var d = new byte[32];
        BitConverter.TryWriteBytes(d.AsSpan(28), System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(number));
        _key = ECDsa.Create(new ECParameters { Curve = ECCurve.CreateFromValue("1.3.132.0.10"), D = d });
        var q = _key.ExportParameters(includePrivateParameters: false).Q;
        var hash = new byte[32];
        Keccak256.Hash([.. q.X!, .. q.Y!]).CopyTo(hash);
        Address = EvmAddress.FromBytes(hash.AsSpan(12));
    }

    public EvmAddress Address { get; }

    /// <summary>Signatures given.</summary>
    public int Count { get; private set; }

    public Task<EvmSignature> SignAsync(Digest digest, CancellationToken cancel)
    {
        Count++;
        var bytes = new byte[32];
        digest.Value.CopyTo(bytes);
        var signature = _key.SignHash(bytes);
        var s = new BigInteger(signature.AsSpan(32), isUnsigned: true, isBigEndian: true);
        var low = BigInteger.Min(s, Order - s).ToByteArray(isUnsigned: true, isBigEndian: true);
        var result = new byte[65];
        signature.AsSpan(0, 32).CopyTo(result);
        low.CopyTo(result.AsSpan(64 - low.Length));
        result[64] = 27;
        return Task.FromResult(EvmSignature.FromBytes(result));
    }

    public bool IsOf(Digest digest, EvmSignature signature)
    {
        var bytes = new byte[32];
        digest.Value.CopyTo(bytes);
        return _key.VerifyHash(bytes, signature.ToArray().AsSpan(0, 64));
    }

    public void Dispose() => _key.Dispose();
}

/// <summary>Knows the keys of a test.</summary>
internal sealed class TestVerifier(IEnumerable<TestKey> keys) : IDigestVerifier
{
    private readonly Dictionary<EvmAddress, TestKey> _keys = keys.ToDictionary(k => k.Address);

    public Task<bool> IsSignedByAsync(Digest digest, EvmSignature signature, EvmAddress signer, CancellationToken cancel) =>
        Task.FromResult(_keys.TryGetValue(signer, out var key) && key.IsOf(digest, signature));
}
