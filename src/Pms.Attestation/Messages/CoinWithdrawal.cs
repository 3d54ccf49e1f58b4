using Pms.Attestation.Amounts;
using Pms.Attestation.Encoding;

namespace Pms.Attestation.Messages;

/// <summary>An account takes out a collateral token: the action that a clearance of it names.</summary>
public sealed record CoinWithdrawal(AccountNumber Account, CoinIndex Coin, TokenAmount Amount, EvmAddress To) : IStructuredMessage
{
    public const string TypeString = "CoinWithdrawal(uint64 account,uint8 coin,uint256 amount,address to)";

    private static readonly KeccakHash TypeHash = Keccak256.Hash(System.Text.Encoding.ASCII.GetBytes(TypeString));

    /// <inheritdoc/>
    public KeccakHash StructHash()
    {
        var words = new AbiWords(stackalloc byte[5 * AbiWords.WordBytes]);
        words.Add(TypeHash);
        words.Add(Account.Value);
        words.Add((ulong)Coin.Value);
        words.Add(Amount);
        words.Add(To);
        return words.Hash();
    }
}
