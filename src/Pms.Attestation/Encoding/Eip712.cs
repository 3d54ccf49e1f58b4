using Pms.Attestation.Amounts;

namespace Pms.Attestation.Encoding;

/// <summary>A message with a type string and a struct hash by EIP-712.</summary>
public interface IStructuredMessage
{
    /// <summary>keccak(type hash, words of the fields).</summary>
    KeccakHash StructHash();
}

/// <summary>Where a signature counts: name and version of the contract's messages, live chain id, contract.</summary>
public sealed record Eip712Domain
{
    private static readonly KeccakHash TypeHash = Keccak256.Hash("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"u8);

    /// <param name="name">ASCII</param>
    /// <param name="version">ASCII</param>
    /// <param name="chain">of the chain the contract lives on now, not the one it was deployed on</param>
    /// <param name="contract">that checks the signature</param>
    public Eip712Domain(string name, string version, ChainId chain, EvmAddress contract)
    {
        (Name, Version, Chain, Contract) = (name, version, chain, contract);
        var words = new AbiWords(stackalloc byte[5 * AbiWords.WordBytes]);
        words.Add(TypeHash);
        words.Add(Keccak256.Hash(System.Text.Encoding.ASCII.GetBytes(name)));
        words.Add(Keccak256.Hash(System.Text.Encoding.ASCII.GetBytes(version)));
        words.Add(chain.Value);
        words.Add(contract);
        Separator = words.Hash();
    }

    public string Name { get; }

    public string Version { get; }

    public ChainId Chain { get; }

    public EvmAddress Contract { get; }

    public KeccakHash Separator { get; }

    /// <summary>Domain of batches, clearances, settlement prices and funding indices.</summary>
    /// <param name="chain">live chain id</param>
    /// <param name="registry">AttestationRegistry</param>
    public static Eip712Domain OfAttestations(ChainId chain, EvmAddress registry) => new("PMS Attestation", "1", chain, registry);

    /// <summary>Domain of orders.</summary>
    /// <param name="chain">live chain id</param>
    /// <param name="house">ClearingHouse</param>
    public static Eip712Domain OfOrders(ChainId chain, EvmAddress house) => new("PMS Clearing House", "1", chain, house);

    /// <summary>What a signer signs.</summary>
    public Digest DigestOf(IStructuredMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        return DigestOf(message.StructHash());
    }

    /// <summary>keccak(0x1901, separator, struct hash).</summary>
    public Digest DigestOf(KeccakHash structHash)
    {
        Span<byte> bytes = stackalloc byte[2 + (2 * KeccakHash.SizeBytes)];
        bytes[0] = 0x19;
        bytes[1] = 0x01;
        Separator.CopyTo(bytes[2..]);
        structHash.CopyTo(bytes[(2 + KeccakHash.SizeBytes)..]);
        return new Digest(Keccak256.Hash(bytes));
    }
}
