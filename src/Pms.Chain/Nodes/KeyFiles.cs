using System.Text.Json.Nodes;

namespace Pms.Chain.Nodes;

/// <summary>Private keys in files that only their owner can read; signatures are made by the gateway's process.</summary>
/// <param name="host">of the script</param>
public sealed class KeyFiles(ScriptHost host)
{
    /// <summary>Makes a key in a file of its own, in the gateway's process; an existing file is never overwritten.</summary>
    /// <returns>its address</returns>
    /// <exception cref="ChainException"><c>key-file</c></exception>
    public async Task<string> CreateAsync(string path, CancellationToken cancel)
    {
        if (File.Exists(path))
        {
            throw new ChainException("key-file", $"'{path}' exists and is not overwritten");
        }

        return (string)(await host.InvokeAsync("newKey", new JsonObject { ["keyFile"] = path }, cancel).ConfigureAwait(false))!;
    }

    /// <summary>Keeps a given key, as for the well-known accounts of a local chain.</summary>
    public static void Write(string path, string key)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        using var writer = new StreamWriter(path, options);
        writer.WriteLine(key);
    }

    public async Task<string> AddressAsync(string path, CancellationToken cancel) => (string)(await host.InvokeAsync("addressOf", new JsonObject { ["keyFile"] = path }, cancel).ConfigureAwait(false))!;

    /// <summary>Signs a digest: 65 bytes r, s, v, with s in the lower half and v 27 or 28.</summary>
    /// <param name="path">key</param>
    /// <param name="digest">0x, 32 bytes</param>
    /// <param name="cancel">gives up</param>
    public async Task<string> SignAsync(string path, string digest, CancellationToken cancel) =>
        (string)(await host.InvokeAsync("signDigest", new JsonObject { ["keyFile"] = path, ["digest"] = digest }, cancel).ConfigureAwait(false))!;

    /// <summary>Who signed a digest; null where the signature is none.</summary>
    public async Task<string?> RecoverAsync(string digest, string signature, CancellationToken cancel) =>
        (string?)await host.InvokeAsync("recover", new JsonObject { ["digest"] = digest, ["signature"] = signature }, cancel).ConfigureAwait(false);
}
