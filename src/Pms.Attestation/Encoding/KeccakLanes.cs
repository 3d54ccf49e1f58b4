using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Pms.Attestation.Encoding;

/// <summary>A 64-bit lane of one Keccak state, or the same lane of several states beside each other.</summary>
internal interface IKeccakLane<TSelf> : IBitwiseOperators<TSelf, TSelf, TSelf>
    where TSelf : struct, IKeccakLane<TSelf>
{
    static abstract TSelf Of(ulong everywhere);

    /// <summary>Every 64 bits to the left.</summary>
    static abstract TSelf Rotate(TSelf lane, [ConstantExpected(Min = (byte)1, Max = (byte)63)] byte bits);
}

/// <summary>One state.</summary>
internal readonly record struct OneState(ulong Value) : IKeccakLane<OneState>
{
    public static OneState Of(ulong everywhere) => new(everywhere);

    public static OneState Rotate(OneState lane, [ConstantExpected(Min = (byte)1, Max = (byte)63)] byte bits) => new(BitOperations.RotateLeft(lane.Value, bits));

    public static OneState operator &(OneState left, OneState right) => new(left.Value & right.Value);

    public static OneState operator |(OneState left, OneState right) => new(left.Value | right.Value);

    public static OneState operator ^(OneState left, OneState right) => new(left.Value ^ right.Value);

    public static OneState operator ~(OneState value) => new(~value.Value);
}

/// <summary>Four states.</summary>
internal readonly struct FourStates(Vector256<ulong> value) : IKeccakLane<FourStates>
{
    public readonly Vector256<ulong> Value = value;

    public static FourStates Of(ulong everywhere) => new(Vector256.Create(everywhere));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FourStates Rotate(FourStates lane, [ConstantExpected(Min = (byte)1, Max = (byte)63)] byte bits) => new(
        Avx512F.VL.IsSupported ? Avx512F.VL.RotateLeft(lane.Value, bits) : (lane.Value << bits) | (lane.Value >>> (64 - bits)));

    public static FourStates operator &(FourStates left, FourStates right) => new(left.Value & right.Value);

    public static FourStates operator |(FourStates left, FourStates right) => new(left.Value | right.Value);

    public static FourStates operator ^(FourStates left, FourStates right) => new(left.Value ^ right.Value);

    public static FourStates operator ~(FourStates value) => new(~value.Value);
}
