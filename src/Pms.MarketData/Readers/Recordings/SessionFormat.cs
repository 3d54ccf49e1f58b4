namespace Pms.MarketData.Readers.Recordings;

/// <summary>Names and bounds of the project's own recording format (docs/connectors.md, "Session files").</summary>
public static class SessionFormat
{
    /// <summary>Value of "format" in the first line.</summary>
    public const string Name = "pms-session";

    /// <summary>Value of "version" in the first line.</summary>
    public const int Version = 1;

    /// <summary>Longest name of a source.</summary>
    public const int MaxSourceLength = 32;

    internal static ReadOnlySpan<byte> ReceivedPrefix => "{\"receivedUs\":"u8;

    internal static ReadOnlySpan<byte> SentPrefix => "{\"sentUs\":"u8;

    internal static ReadOnlySpan<byte> MessageInfix => ",\"message\":"u8;

    internal static ReadOnlySpan<byte> EndPrefix => "{\"endedUs\":"u8;
}
