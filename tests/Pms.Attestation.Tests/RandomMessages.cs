using System.Collections.Immutable;
using System.Numerics;
using Pms.Attestation.Amounts;
using Pms.Attestation.Encoding;
using Pms.Attestation.Messages;
using Pms.Primitives;

namespace Pms.Attestation.Tests;

/// <summary>Random messages as docs/model/encoding.md draws them, the same in every language.</summary>
internal ref struct RandomMessages(ulong index)
{
    private ulong _state = 0x504D53 + (index << 32);

    /// <summary>Hash over the hashes of one message more.</summary>
    public static KeccakHash Fold(KeccakHash running, ulong index)
    {
        var draw = new RandomMessages(index);
        var (chain, contract) = (new ChainId(draw.Unsigned64()), draw.Address());
        var message = draw.Message(index % 11);
        var domain = index % 11 >= 6 ? Eip712Domain.OfOrders(chain, contract) : Eip712Domain.OfAttestations(chain, contract);
        Span<byte> bytes = stackalloc byte[96];
        running.CopyTo(bytes);
        message.StructHash().CopyTo(bytes[32..]);
        domain.DigestOf(message).Value.CopyTo(bytes[64..]);
        return Keccak256.Hash(bytes);
    }

    private IStructuredMessage Message(ulong kind) => kind switch
    {
        0 => new BatchHeader
        {
            SetId = new SetId(Unsigned64()),
            Schema = (uint)Unsigned(32),
            Sequence = new BatchSequence(Unsigned64()),
            ObservedAt = Seconds(),
            ValidUntil = Seconds(),
            BookBlock = new BlockNumber(Unsigned64()),
            SnapshotHash = Content(),
            ParameterHash = Content(),
            ScenarioSetHash = Content(),
            ArrayRoot = Content(),
            StressRoot = Keccak(),
            StressSharesHash = Keccak(),
            PricesHash = Keccak(),
            AccountsRoot = Keccak(),
            AccountCount = (uint)Unsigned(32),
            RowCount = (uint)Unsigned(32),
            TotalMaintenance = new UnsignedWad(Unsigned(128)),
            TotalEquity = new Wad(Signed128()),
            TotalShortfall = new UnsignedWad(Unsigned(128)),
        },
        1 => new MarginLeaf
        {
            Account = new AccountNumber(Unsigned64()),
            Sequence = new AccountSequence(Unsigned64()),
            Positions = new PositionsHash(Keccak()),
            Initial = new UnsignedWad(Unsigned(128)),
            Maintenance = new UnsignedWad(Unsigned(128)),
            MarkValue = new Wad(Signed128()),
            Decay = new WadPerSecond(Unsigned(128)),
        },
        2 => new StressRow
        {
            Instrument = new InstrumentId(Keccak()),
            Mark = new UnitPriceWad(Unsigned(128)),
            TickExponent = Signed8(),
            EntriesHash = Keccak(),
        },
        3 => new Clearance
        {
            SetId = new SetId(Unsigned64()),
            BatchSequence = new BatchSequence(Unsigned64()),
            ObservedAt = Seconds(),
            ValidUntil = Seconds(),
            ActionHash = Keccak(),
            ParameterHash = Content(),
            Accounts = AccountClearances(),
        },
        4 => new SettlementPrice
        {
            SetId = new SetId(Unsigned64()),
            PriceId = new PriceId((byte)Unsigned(8)),
            Expiry = Seconds(),
            Price = new PriceE8(Unsigned64()),
            ObservedAt = Seconds(),
        },
        5 => new FundingIndex
        {
            SetId = new SetId(Unsigned64()),
            Instrument = new InstrumentId(Keccak()),
            Sequence = Unsigned64(),
            Index = new Wad(Signed128()),
            ObservedAt = Seconds(),
        },
        6 => Order(),
        7 => new Trade(Matches()),
        8 => new CoinWithdrawal(new AccountNumber(Unsigned64()), new CoinIndex((byte)Unsigned(8)), Amount(), Address()),
        9 => new LiquidationSlice(new AccountNumber(Unsigned64()), new AccountNumber(Unsigned64()), Legs()),
        _ => new Deleveraging(new AccountNumber(Unsigned64()), new AccountNumber(Unsigned64()), Legs(), new Wad(Signed128()), new UnsignedWad(Unsigned(128)), new UnsignedWad(Unsigned(128))),
    };

    private ImmutableArray<SliceLeg> Legs()
    {
        var legs = ImmutableArray.CreateBuilder<SliceLeg>();
        for (var left = Next() % 4; left > 0; left--)
        {
            legs.Add(new SliceLeg(new InstrumentId(Keccak()), new QuantityWad(Signed128())));
        }

        return legs.ToImmutable();
    }

    private ulong Next()
    {
        _state += 0x9E3779B97F4A7C15;
        var z = _state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    private UInt128 Raw128()
    {
        var high = Next();
        return new UInt128(high, Next());
    }

    private UInt128 Unsigned(int bits)
    {
        var most = UInt128.MaxValue >> (128 - bits);
        var mode = Next() & 7;
        return mode > 2 ? (bits <= 64 ? Next() : Raw128()) & most : mode == 1 ? most : mode == 2 ? 1 : UInt128.Zero;
    }

    private ulong Unsigned64() => (ulong)Unsigned(64);

    private Int128 Signed128() => (Next() & 7) switch
    {
        0 => 0,
        1 => Int128.MaxValue,
        2 => Int128.MinValue,
        3 => -1,
        _ => (Int128)Raw128(),
    };

    private sbyte Signed8() => (Next() & 7) switch
    {
        0 => 0,
        1 => sbyte.MaxValue,
        2 => sbyte.MinValue,
        3 => -1,
        _ => (sbyte)(byte)Next(),
    };

    private byte[] Raw256()
    {
        var bytes = new byte[32];
        for (var i = 0; i < 4; i++)
        {
            System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(8 * i), Next());
        }

        return bytes;
    }

    private KeccakHash Keccak() => KeccakHash.FromBytes(Raw256());

    private ContentHash Content() => ContentHash.FromBytes(Raw256());

    private UnixSeconds Seconds() => new(Unsigned64());

    /// <summary>160 bits are drawn as three words of which the last 20 bytes count.</summary>
    private EvmAddress Address()
    {
        Span<byte> bytes = stackalloc byte[24];
        for (var i = 0; i < 3; i++)
        {
            System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(bytes[(8 * i)..], Next());
        }

        return EvmAddress.FromBytes(bytes[4..]);
    }

    private TokenAmount Amount() => new((Next() & 7) switch
    {
        0 => BigInteger.Zero,
        1 => (BigInteger.One << 256) - 1,
        2 => BigInteger.One,
        _ => new BigInteger(Raw256(), isUnsigned: true, isBigEndian: true),
    });

    private ImmutableArray<AccountClearance> AccountClearances()
    {
        var accounts = ImmutableArray.CreateBuilder<AccountClearance>();
        for (var left = Next() % 4; left > 0; left--)
        {
            accounts.Add(new AccountClearance
            {
                Account = new AccountNumber(Unsigned64()),
                Sequence = new AccountSequence(Unsigned64()),
                Before = new PositionsHash(Keccak()),
                After = new PositionsHash(Keccak()),
                Initial = new UnsignedWad(Unsigned(128)),
                Maintenance = new UnsignedWad(Unsigned(128)),
                MarkValue = new Wad(Signed128()),
                ReducesRisk = (Next() & 1) == 1,
            });
        }

        return accounts.ToImmutable();
    }

    private ImmutableArray<Match> Matches()
    {
        var matches = ImmutableArray.CreateBuilder<Match>();
        for (var left = Next() % 4; left > 0; left--)
        {
            matches.Add(new Match(Order(), Order(), new QuantityWad((Int128)Unsigned(127)), new UnitPriceWad(Unsigned(128))));
        }

        return matches.ToImmutable();
    }

    private Order Order() => new()
    {
        Account = new AccountNumber(Unsigned64()),
        Instrument = new InstrumentId(Keccak()),
        Quantity = new QuantityWad(Signed128()),
        LimitPrice = new UnitPriceWad(Unsigned(128)),
        Expiry = Seconds(),
        Nonce = Unsigned64(),
        Matcher = Address(),
    };
}
