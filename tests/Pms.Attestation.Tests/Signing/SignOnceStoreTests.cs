using Pms.Attestation.Amounts;
using Pms.Attestation.Encoding;
using Pms.Attestation.Signing;
using Pms.Primitives;

namespace Pms.Attestation.Tests.Signing;

public sealed class SignOnceStoreTests : IDisposable
{
    private static readonly Eip712Domain Domain = Eip712Domain.OfAttestations(new ChainId(31337), EvmAddress.Parse("0x00000000000000000000000000000000000000a1"));
    private static readonly Eip712Domain OtherChain = Eip712Domain.OfAttestations(new ChainId(1), EvmAddress.Parse("0x00000000000000000000000000000000000000a1"));

    private readonly string _folder = Directory.CreateTempSubdirectory("pms-sign-once").FullName;

    private string Database => Path.Combine(_folder, "signed.db");

    private string Witness => Path.Combine(_folder, "signed.witness");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static Digest DigestOf(int number) => new(Keccak256.Hash(BitConverter.GetBytes(number)));

    private static SignSlot Batch(ulong sequence, ulong set = 1, Eip712Domain? domain = null) => SignSlot.OfBatch(domain ?? Domain, new SetId(set), new BatchSequence(sequence));

    [Fact]
    public void TryClaim_TwoDigestsForOneSlot_RefusesTheSecondAlsoAfterARestart()
    {
        using (var store = SignOnceStore.Open(Database, Witness))
        {
            store.TryClaim(Batch(5), DigestOf(1), out _).ShouldBeTrue();
            store.TryClaim(Batch(5), DigestOf(1), out _).ShouldBeTrue("the same digest says nothing new");
            store.TryClaim(Batch(5), DigestOf(2), out var refusal).ShouldBeFalse();
            refusal!.Code.ShouldBe("sign-twice");
            store.TryClaim(Batch(5, set: 2), DigestOf(2), out _).ShouldBeTrue("another set is another slot");
            store.TryClaim(Batch(5, domain: OtherChain), DigestOf(2), out _).ShouldBeTrue("another chain is another slot");
            store.TryClaim(Batch(4), DigestOf(3), out _).ShouldBeTrue("an earlier sequence never signed");
        }

        using var again = SignOnceStore.Open(Database, Witness);
        again.TryClaim(Batch(5), DigestOf(2), out var after).ShouldBeFalse();
        after!.Code.ShouldBe("sign-twice");
        again.HighWater(Domain).ShouldBe(new BatchSequence(5));
    }

    [Fact]
    public void Open_OldCopyOfTheFile_IsRefusedByItsWitness()
    {
        using (var store = SignOnceStore.Open(Database, Witness))
        {
            store.TryClaim(Batch(1), DigestOf(1), out _);
        }

        File.Copy(Database, $"{Database}.backup");
        using (var store = SignOnceStore.Open(Database, Witness))
        {
            store.TryClaim(Batch(2), DigestOf(2), out _).ShouldBeTrue();
        }

        File.Copy($"{Database}.backup", Database, overwrite: true);
        Should.Throw<InvalidInputException>(() => SignOnceStore.Open(Database, Witness)).Code.ShouldBe("sign-store-old");
        // Without its witness a store with claims proves nothing either; nor does a lost database with a witness.
        File.Move(Witness, $"{Witness}.aside");
        Should.Throw<InvalidInputException>(() => SignOnceStore.Open(Database, Witness)).Code.ShouldBe("sign-store-old");
        File.Move($"{Witness}.aside", Witness);
        File.Delete(Database);
        Should.Throw<InvalidInputException>(() => SignOnceStore.Open(Database, Witness)).Code.ShouldBe("sign-store-old");
    }

    [Fact]
    public void Recover_WithAFloor_SignsNothingUpToItAndOpensNormallyAfterwards()
    {
        using (var store = SignOnceStore.Open(Database, Witness))
        {
            store.TryClaim(Batch(1), DigestOf(1), out _);
        }

        File.Delete(Witness);
        using (var store = SignOnceStore.Recover(Database, Witness, Domain, new BatchSequence(18)))
        {
            store.TryClaim(Batch(18), DigestOf(2), out var refusal).ShouldBeFalse();
            refusal!.Code.ShouldBe("sign-below-floor");
            store.TryClaim(Batch(1), DigestOf(1), out _).ShouldBeTrue("what it still knows it may repeat");
            store.TryClaim(Batch(19), DigestOf(3), out _).ShouldBeTrue();
        }

        using var again = SignOnceStore.Open(Database, Witness);
        again.Floor(Domain).ShouldBe(new BatchSequence(18));
        again.TryClaim(Batch(17), DigestOf(4), out _).ShouldBeFalse();
    }

    [Fact]
    public void RequireNotBehind_ChainThatRemembersMore_IsRefused()
    {
        // File and witness come from one backup: only the chain can tell.
        using var store = SignOnceStore.Open(Database, Witness);
        store.RequireNotBehind(Domain, null);
        store.TryClaim(Batch(7), DigestOf(1), out _);
        store.RequireNotBehind(Domain, new BatchSequence(7));
        Should.Throw<InvalidInputException>(() => store.RequireNotBehind(Domain, new BatchSequence(8))).Code.ShouldBe("sign-store-old");
        store.Dispose();
        using var recovered = SignOnceStore.Recover(Database, Witness, Domain, new BatchSequence(24));
        recovered.RequireNotBehind(Domain, new BatchSequence(8));
    }

    [Fact]
    public void Open_Twice_IsRefused()
    {
        using var store = SignOnceStore.Open(Database, Witness);
        Should.Throw<InvalidInputException>(() => SignOnceStore.Open(Database, Witness)).Code.ShouldBe("sign-store-busy");
    }

    [Fact]
    public void Open_DamagedFiles_AreRefused()
    {
        File.WriteAllText(Database, new string('x', 5_000));
        Should.Throw<InvalidInputException>(() => SignOnceStore.Open(Database, Witness)).Code.ShouldBe("sign-store-damaged");
        File.Delete(Database);
        File.WriteAllText(Witness, "many");
        Should.Throw<InvalidInputException>(() => SignOnceStore.Open(Database, Witness)).Code.ShouldBe("sign-store-damaged");
    }

    [Fact]
    public void TryClaim_FarBeyondWhatIsKept_ForgetsOnlyWhatItNeverSignsAgain()
    {
        using var store = SignOnceStore.Open(Database, Witness);
        store.TryClaim(Batch(1), DigestOf(1), out _).ShouldBeTrue();
        store.TryClaim(Batch(SignOnceStore.Kept + 1), DigestOf(2), out _).ShouldBeTrue();
        store.TryClaim(Batch(1), DigestOf(3), out var refusal).ShouldBeFalse();
        refusal!.Code.ShouldBe("sign-below-floor");
        store.TryClaim(Batch(2), DigestOf(4), out _).ShouldBeTrue();
    }

    [Theory]
    [InlineData(26)]
    [InlineData(29)]
    [InlineData(0)]
    public async Task EvmSignature_OtherForms_AreRefused(byte v)
    {
        using var key = new TestKey(1);
        var good = (await key.SignAsync(DigestOf(1), default)).ToArray();
        EvmSignature.FromBytes(good).ToArray().ShouldBe(good);
        Refused([.. good[..64], v]);
        Refused(good[..64]);
        Refused([.. good, 0]);
        Refused([.. new byte[32], .. good[32..]]);
        Refused([.. good[..32], .. new byte[32], 27]);
        // s and order - s verify alike; only the lower half is a signature here.
        var order = System.Numerics.BigInteger.Parse("0fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141", System.Globalization.NumberStyles.HexNumber);
        var high = (order - new System.Numerics.BigInteger(good.AsSpan(32, 32), isUnsigned: true, isBigEndian: true)).ToByteArray(isUnsigned: true, isBigEndian: true);
        Refused([.. good[..32], .. new byte[32 - high.Length], .. high, 28]);

        static void Refused(byte[] bytes) => Should.Throw<InvalidInputException>(() => EvmSignature.FromBytes(bytes)).Code.ShouldBe("signature-form");
    }
}
