using System.Net;

namespace Pms.Attester;

/// <summary>Bounds of an attester's host.</summary>
public sealed record AttesterHostOptions
{
    /// <summary>Listens here; the loopback when left out, so that opening it is a decision.</summary>
    public IPAddress Address { get; init; } = IPAddress.Loopback;

    /// <summary>0: a free one.</summary>
    public int Port { get; init; }

    /// <summary>Longest body. Bytes; default 16 MiB: a board of some thousand quotes is below 1 MiB.</summary>
    public long MostBodyBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>Proposals that wait while one is worked on; more are told to come back. Default 4.</summary>
    public int MostWaiting { get; init; } = 4;

    /// <summary>Open connections. Default 64.</summary>
    public long MostConnections { get; init; } = 64;

    /// <summary>Longest waiting and work on one proposal. Default two minutes.</summary>
    public TimeSpan MostWork { get; init; } = TimeSpan.FromMinutes(2);
}
