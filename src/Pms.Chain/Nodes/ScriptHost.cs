using System.Text.Json.Nodes;
using Jering.Javascript.NodeJS;
using Microsoft.Extensions.DependencyInjection;

namespace Pms.Chain.Nodes;

/// <summary>One Node.js process that runs the gateway's script; safe for many threads.</summary>
/// <remarks>Ethereum's encodings, signatures and JSON-RPC are viem's. What crosses the border is JSON; private keys do not (the script reads key files itself).</remarks>
public sealed class ScriptHost : IAsyncDisposable
{
    private readonly ServiceProvider _services;
    private readonly INodeJSService _node;
    private readonly string _script;

    /// <param name="script">path of the bundled script; null: beside the program</param>
    /// <param name="timeoutSeconds">longest single call</param>
    /// <exception cref="ChainException"><c>gateway-missing</c></exception>
    public ScriptHost(string? script = null, int timeoutSeconds = 60)
    {
        _script = script ?? Path.Combine(AppContext.BaseDirectory, "gateway.js");
        if (!File.Exists(_script))
        {
            throw new ChainException("gateway-missing", $"'{_script}' does not exist: tools/node.sh builds it");
        }

        var services = new ServiceCollection();
        services.AddNodeJS();
        services.Configure<OutOfProcessNodeJSServiceOptions>(options =>
        {
            options.TimeoutMS = timeoutSeconds * 1000;
            // Sending twice is never harmless: whoever asked decides.
            options.NumRetries = 0;
            options.NumProcessRetries = 0;
        });
        _services = services.BuildServiceProvider();
        _node = _services.GetRequiredService<INodeJSService>();
    }

    /// <summary>Runs an operation of the script.</summary>
    /// <param name="operation">name</param>
    /// <param name="request">its one argument</param>
    /// <param name="cancel">gives up waiting; the call may still happen</param>
    /// <exception cref="ChainException"><c>chain-unreachable</c>, <c>key-file</c>, <c>gateway</c></exception>
    public async Task<JsonNode?> InvokeAsync(string operation, JsonObject request, CancellationToken cancel)
    {
        try
        {
            var answer = await _node.InvokeFromFileAsync<JsonObject>(_script, "invoke", [operation, request], cancel).ConfigureAwait(false);
            return answer!["value"];
        }
        catch (Exception e) when (e is InvocationException or ConnectionException)
        {
            throw new ChainException(CodeOf(e.Message), $"{operation}: {FirstLine(e.Message)}", e);
        }
    }

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    private static string CodeOf(string message) =>
        message.StartsWith("key-file", StringComparison.Ordinal) || message.Contains("ENOENT", StringComparison.Ordinal) ? "key-file"
        : message.Contains("HTTP request failed", StringComparison.Ordinal) || message.Contains("took too long", StringComparison.Ordinal) || message.Contains("fetch failed", StringComparison.Ordinal) ? "chain-unreachable"
        : "gateway";

    private static string FirstLine(string message)
    {
        var end = message.IndexOf('\n', StringComparison.Ordinal);
        return (end < 0 ? message : message[..end]).Trim();
    }
}
