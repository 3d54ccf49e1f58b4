using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;

namespace Pms.Chain.Tests;

/// <summary>Stands between a gateway and a chain and lets a test do something just before a request goes on: what comes between two looks comes there every time.</summary>
internal sealed class RpcProxy : IAsyncDisposable
{
    private readonly HttpListener _listener = new();
    private readonly HttpClient _http = new();
    private readonly Uri _target;
    private readonly Func<string, JsonNode, Task> _before;
    private readonly Task _serving;

    /// <param name="target">the chain</param>
    /// <param name="before">is given method and request before it is passed on</param>
    public RpcProxy(string target, Func<string, JsonNode, Task> before)
    {
        (_target, _before) = (new Uri(target), before);
        using (var probe = new TcpListener(IPAddress.Loopback, 0))
        {
            probe.Start();
            Url = $"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture)}/";
        }

        _listener.Prefixes.Add(Url);
        _listener.Start();
        _serving = ServeAsync();
    }

    public string Url { get; }

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _serving;
        _listener.Close();
        _http.Dispose();
    }

    private async Task ServeAsync()
    {
        while (_listener.IsListening)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            using var request = new MemoryStream();
            await context.Request.InputStream.CopyToAsync(request);
            var asked = JsonNode.Parse(request.ToArray())!;
            await _before((string)asked["method"]!, asked);
            using var content = new ByteArrayContent(request.ToArray());
            content.Headers.ContentType = new("application/json");
            using var answer = await _http.PostAsync(_target, content);
            context.Response.ContentType = "application/json";
            await context.Response.OutputStream.WriteAsync(await answer.Content.ReadAsByteArrayAsync());
            context.Response.Close();
        }
    }
}
