using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Pms.Pricing;

/// <summary>Columns laid out for the kernels: each starts on a cache line, no two at the same place in a page.</summary>
/// <remarks>
/// An array starts 16 bytes into some line, so that every wide load and store touches two lines; and where columns start a multiple of 4 KB
/// apart, a load of one waits for the store to another. On these columns the kernels are faster, and long results of
/// <see cref="BlackKernels"/> go straight to memory. The bits are the same on any columns.
/// </remarks>
public static class AlignedColumns
{
    /// <summary>Bytes of a cache line, and of the widest vector.</summary>
    internal const int LineBytes = 64;

    private const int Line = LineBytes / sizeof(double);
    private const int Page = 4096 / sizeof(double);
    private const int Stagger = 256 / sizeof(double);

    /// <summary>Columns of zeros in one block, which the garbage collector never moves.</summary>
    /// <param name="columns">how many, at least 0; up to 16 start at places of their own in a page</param>
    /// <param name="length">entries of each, at least 0</param>
    /// <returns>[column][entry]</returns>
    /// <exception cref="ArgumentOutOfRangeException">a number below 0</exception>
    /// <exception cref="OverflowException">more entries in all than an array holds</exception>
    public static unsafe Memory<double>[] Allocate(int columns, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(columns);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        var pitch = (((long)length + Page - 1) / Page * Page) + Stagger;
        var block = GC.AllocateArray<double>(checked((int)((columns * pitch) + Line)), pinned: true);
        var address = (nuint)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(block));
        var skip = (LineBytes - (int)(address % LineBytes)) % LineBytes / sizeof(double);
        var result = new Memory<double>[columns];
        for (var c = 0; c < columns; c++)
        {
            result[c] = block.AsMemory(skip + (int)(c * pitch), length);
        }

        return result;
    }
}
