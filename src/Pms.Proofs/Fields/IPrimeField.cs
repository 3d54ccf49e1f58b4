namespace Pms.Proofs.Fields;

/// <summary>A prime of 254 bits, for arithmetic in Montgomery form with R = 2^256; limbs of 64 bits, lowest first.</summary>
internal interface IPrimeField
{
    static abstract ulong P0 { get; }

    static abstract ulong P1 { get; }

    static abstract ulong P2 { get; }

    static abstract ulong P3 { get; }

    /// <summary>-1 / p mod 2^64.</summary>
    static abstract ulong MinusInverse { get; }

    /// <summary>R^2 mod p.</summary>
    static abstract (ulong, ulong, ulong, ulong) SquareOfR { get; }
}

/// <summary>Order of BN254 (EIP-196): what circuits, public inputs and hashes count in.</summary>
internal readonly struct ScalarPrime : IPrimeField
{
    public static ulong P0 => 0x43e1f593f0000001;

    public static ulong P1 => 0x2833e84879b97091;

    public static ulong P2 => 0xb85045b68181585d;

    public static ulong P3 => 0x30644e72e131a029;

    public static ulong MinusInverse => 0xc2e1f593efffffff;

    public static (ulong, ulong, ulong, ulong) SquareOfR => (0x1bb8e645ae216da7, 0x53fe3ab1e35c59e3, 0x8c49833d53bb8085, 0x0216d0b17f4e44a5);
}

/// <summary>Field of BN254's coordinates (EIP-196).</summary>
internal readonly struct CoordinatePrime : IPrimeField
{
    public static ulong P0 => 0x3c208c16d87cfd47;

    public static ulong P1 => 0x97816a916871ca8d;

    public static ulong P2 => 0xb85045b68181585d;

    public static ulong P3 => 0x30644e72e131a029;

    public static ulong MinusInverse => 0x87d20782e4866389;

    public static (ulong, ulong, ulong, ulong) SquareOfR => (0xf32cfc5b538afa89, 0xb5e71911d44501fb, 0x47ab1eff0a417ff6, 0x06d89f71cab8351f);
}
