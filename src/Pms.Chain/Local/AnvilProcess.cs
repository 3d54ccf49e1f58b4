using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Pms.Chain.Nodes;

namespace Pms.Chain.Local;

/// <summary>A local chain for demonstrations and tests: Foundry's anvil, as npm brought it.</summary>
public sealed class AnvilProcess : IAsyncDisposable
{
    public const ulong ChainId = 31337;

    /// <summary>Key of the first account that anvil funds: public knowledge, worthless anywhere else.</summary>
    public const string WellKnownKey = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";

    /// <summary>Looks for an answer, at least 50 ms apart: half a minute and more, as a busy machine takes its time to start a program.</summary>
    private const int MostAttempts = 600;

    private readonly Process _process;

    private AnvilProcess(Process process, int port)
    {
        _process = process;
        Port = port;
    }

    public int Port { get; }

    public string Url => $"http://127.0.0.1:{Port.ToString(CultureInfo.InvariantCulture)}";

    public int ProcessId => _process.Id;

    /// <summary>Starts a chain and waits until it answers.</summary>
    /// <param name="contractsFolder">contracts/ with its node_modules</param>
    /// <param name="host">gateway to ask it with</param>
    /// <param name="port">0: a free one</param>
    /// <param name="blockSeconds">time between blocks; 0: a block for each transaction</param>
    /// <param name="cancel">gives up</param>
    /// <param name="statePath">file that the chain is loaded from and kept in; null: memory</param>
    /// <param name="startsAt">time of its first block; null: now</param>
    /// <exception cref="ChainException"><c>anvil-missing</c>, <c>anvil-start</c></exception>
    public static async Task<AnvilProcess> StartAsync(string contractsFolder, ScriptHost host, int port, int blockSeconds, CancellationToken cancel, string? statePath = null, DateTimeOffset? startsAt = null)
    {
        var binary = Binary(contractsFolder);
        port = port == 0 ? FreePort() : port;
        var start = new ProcessStartInfo(binary) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        string[] arguments = ["--port", port.ToString(CultureInfo.InvariantCulture), "--host", "127.0.0.1", "--chain-id", ChainId.ToString(CultureInfo.InvariantCulture), "--silent", "--hardfork", "cancun"];
        foreach (var argument in arguments.Concat(blockSeconds > 0 ? ["--block-time", blockSeconds.ToString(CultureInfo.InvariantCulture)] : []).Concat(statePath is null ? [] : ["--state", statePath])
            .Concat(startsAt is { } at ? ["--timestamp", at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)] : []))
        {
            start.ArgumentList.Add(argument);
        }

        var process = Process.Start(start) ?? throw new ChainException("anvil-start", $"'{binary}' did not start");
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        var errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        var anvil = new AnvilProcess(process, port);
        var node = new EthereumNode(host, anvil.Url);
        for (var attempt = 0; attempt < MostAttempts; attempt++)
        {
            if (process.HasExited)
            {
                throw new ChainException("anvil-start", $"anvil ended with {process.ExitCode}: {(await errors.ConfigureAwait(false)).Trim()}");
            }

            try
            {
                await node.ChainIdAsync(cancel).ConfigureAwait(false);
                return anvil;
            }
            catch (ChainException e) when (e.Code == "chain-unreachable")
            {
                await Task.Delay(50, cancel).ConfigureAwait(false);
            }
        }

        await anvil.DisposeAsync().ConfigureAwait(false);
        throw new ChainException("anvil-start", $"anvil on port {port} did not answer");
    }

    /// <summary>Until the chain ends or the caller gives up.</summary>
    public Task WaitAsync(CancellationToken cancel) => _process.WaitForExitAsync(cancel);

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync().ConfigureAwait(false);
        }

        _process.Dispose();
    }

    /// <summary>The program itself: its launcher would be what stops, not the chain.</summary>
    private static string Binary(string contractsFolder)
    {
        var folder = Path.Combine(contractsFolder, "node_modules", "@foundry-rs");
        return (Directory.Exists(folder) ? Directory.EnumerateFiles(folder, "anvil", SearchOption.AllDirectories).Order(StringComparer.Ordinal).FirstOrDefault() : null)
            ?? throw new ChainException("anvil-missing", $"no anvil under '{folder}': npm ci in contracts/ brings it");
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
