using Pms.Attestation.Amounts;
using Pms.Attestation.Encoding;
using Pms.Attestation.Messages;
using Pms.MarketData.Snapshots;
using Pms.Primitives;

namespace Pms.Attestation.Attesters;

/// <summary>What an attester itself sees of the market, from feeds of its own.</summary>
public interface IMarketView
{
    /// <summary>The market now; null while the feeds are not good enough to judge by.</summary>
    Task<MarketSnapshot?> NowAsync(CancellationToken cancel);

    /// <summary>The market at a moment of the last minutes, or the nearest to it that is known: in a fast market two honest views some seconds apart differ by more than two views of one moment.</summary>
    /// <param name="moment">of the proposal; that it is recent is checked elsewhere</param>
    /// <param name="cancel">gives up</param>
    Task<MarketSnapshot?> AtAsync(DateTimeOffset moment, CancellationToken cancel) => NowAsync(cancel);
}

/// <summary>What the chain says that attesters must know.</summary>
/// <param name="Chain">live chain id</param>
/// <param name="Registry">contract that was read</param>
/// <param name="Set">set in force</param>
/// <param name="LastSequence">of the last accepted batch; 0 before the first</param>
/// <param name="LastObservedAt">of the last accepted batch; 0 before the first</param>
/// <param name="ParameterHash">document in force</param>
/// <param name="TradeFeeShareWad">fee of a trade, 1e-18 of notional</param>
/// <param name="Head">newest block when it was read</param>
public sealed record RegistryState(
    ChainId Chain, EvmAddress Registry, AttesterSet Set, BatchSequence LastSequence, UnixSeconds LastObservedAt, ContentHash ParameterHash, UInt128 TradeFeeShareWad, BlockNumber Head);

/// <summary>Reads the registry.</summary>
public interface IRegistryView
{
    Task<RegistryState> ReadAsync(CancellationToken cancel);

    /// <summary>The highest accepted batch that carries this member's signature; null: none. At the start of an attester.</summary>
    Task<BatchSequence?> LastSignedByAsync(EvmAddress member, CancellationToken cancel);
}
