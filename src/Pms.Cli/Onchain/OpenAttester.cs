using Pms.Attestation.Attesters;
using Pms.Attestation.Batches;
using Pms.Attestation.Signing;
using Pms.Attestation.Wire;
using Pms.Chain.Nodes;
using Pms.Chain.Protocol;
using Pms.Margin.Parameters;

namespace Pms.Cli.Onchain;

/// <summary>One attester with its own listing, view of the chain, key and store, which it alone has open.</summary>
internal sealed class OpenAttester : IDisposable
{
    private readonly SignOnceStore _store;

    private OpenAttester(AttesterNode node, SignOnceStore store, KeySigner signer) => (Node, _store, Signer) = (node, store, signer);

    public AttesterNode Node { get; }

    public KeySigner Signer { get; }

    /// <param name="chain">its node and contracts</param>
    /// <param name="keyFile">its key</param>
    /// <param name="storePath">of the store, without an ending</param>
    /// <param name="policy">what it signs at all</param>
    /// <param name="parameters">document that it computes with</param>
    /// <param name="market">its feeds</param>
    /// <param name="time">its clock</param>
    /// <param name="cancel">gives up</param>
    /// <exception cref="Pms.Primitives.PmsException">codes of keys, stores and chain</exception>
    public static async Task<OpenAttester> StartAsync(
        ChainParts chain, string keyFile, string storePath, AttesterPolicy policy, RiskParameters parameters, IMarketView market, TimeProvider time, CancellationToken cancel)
    {
        var signer = await KeySigner.OpenAsync(chain.Keys, keyFile, cancel).ConfigureAwait(false);
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(storePath))!);
        var store = SignOnceStore.Open($"{storePath}.db", $"{storePath}.witness");
        try
        {
            var (book, listing) = chain.NewReader();
            var epochs = BatchInputs.Epochs(listing, parameters);
            var node = await AttesterNode.StartAsync(policy, epochs, market, book, new RegistryReader(chain.Node, chain.Contracts), store, signer, time, cancel).ConfigureAwait(false);
            return new OpenAttester(node, store, signer);
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        Node.Dispose();
        _store.Dispose();
    }
}

/// <summary>What stands on one chain, and how to reach it.</summary>
internal sealed record ChainParts(EthereumNode Node, KeyFiles Keys, ProtocolContracts Contracts, HouseConfiguration House)
{
    /// <summary>A reader of the book with a listing of its own.</summary>
    public (HouseReader Reader, HouseListing Listing) NewReader()
    {
        var listing = House.NewListing();
        return (new HouseReader(Node, Contracts, listing, House.CoinDecimals), listing);
    }

    /// <summary>A reader of single accounts.</summary>
    public AccountReader NewAccountReader()
    {
        var (reader, listing) = NewReader();
        return new AccountReader(Node, Contracts, reader, listing);
    }
}
