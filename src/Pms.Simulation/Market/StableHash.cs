namespace Pms.Simulation.Market;

/// <summary>A 64-bit number for a name that is the same in every process (FNV-1a over UTF-16 units), to key random streams with.</summary>
internal static class StableHash
{
    public static ulong Of(string text)
    {
        var hash = 0xCBF29CE484222325UL;
        foreach (var c in text)
        {
            hash = (hash ^ c) * 0x100000001B3UL;
        }

        return hash;
    }
}
