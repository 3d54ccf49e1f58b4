using System.Collections.Immutable;
using System.CommandLine;
using System.Text.Json.Nodes;
using Pms.Attestation.Aggregation;
using Pms.Attestation.Wire;
using Pms.Attester;
using Pms.Cli.Commands;
using Pms.Primitives;

namespace Pms.Cli.Onchain;

/// <summary>Attesters that answered at their URLs, and those that did not.</summary>
internal sealed record AttesterUrls(ImmutableArray<HttpAttesterClient> Clients, ImmutableArray<(Uri Url, Refusal Reason)> Missing) : IDisposable
{
    /// <exception cref="InvalidInputException"><c>attester-url</c></exception>
    public static Uri Parse(string text) => Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url.UserInfo.Length == 0
        ? url
        : throw new InvalidInputException("attester-url", $"'{PrintableText.Of(text)}' is no http or https URL without a login");

    /// <summary>Asks each who it is. Whoever lies about it gives signatures that do not verify.</summary>
    public static async Task<AttesterUrls> ConnectAsync(IReadOnlyList<Uri> urls, TimeSpan patience, CancellationToken cancel)
    {
        var options = new AttesterClientOptions { MostWait = patience };
        var clients = ImmutableArray.CreateBuilder<HttpAttesterClient>();
        var missing = ImmutableArray.CreateBuilder<(Uri, Refusal)>();
        foreach (var url in urls)
        {
            try
            {
                clients.Add(new HttpAttesterClient(await HttpAttesterClient.SignerAtAsync(url, TimeProvider.System, options, cancel).ConfigureAwait(false), url, TimeProvider.System, options));
            }
            catch (PmsException e)
            {
                missing.Add((url, new Refusal(e.Code, e.Message)));
            }
        }

        return new AttesterUrls(clients.ToImmutable(), missing.ToImmutable());
    }

    /// <summary>Everybody who did not sign, and why: attesters by address, hosts that did not answer by URL.</summary>
    public JsonArray RefusalsOf(Collected collected) => MessageJson.List(
        [.. collected.Refusals.Select(r => ($"{r.Attester}", r.Reason)), .. Missing.Select(m => ($"{m.Url}", m.Reason))],
        r => new JsonObject { ["attester"] = r.Item1, ["code"] = r.Item2.Code, ["message"] = r.Item2.Message });

    public void Dispose()
    {
        foreach (var client in Clients)
        {
            client.Dispose();
        }
    }
}

/// <summary>The flags by which a command reaches attesters.</summary>
internal sealed class AskingFlags
{
    private readonly Option<string[]> _attesters = new("--attester") { Description = "URL of an attester's host; may be repeated", DefaultValueFactory = _ => [] };
    private readonly Option<int> _patience = new("--patience-seconds") { Description = "longest wait for one attester", DefaultValueFactory = _ => 60 };

    public Symbol[] All => [_attesters, _patience];

    /// <exception cref="InvalidInputException"><c>attester-url</c>, <c>patience-seconds</c></exception>
    public (Uri[] Urls, TimeSpan Patience) Read(CommandContext context) => context.Get(_patience) is >= 1 and <= 600 and var seconds
        ? ([.. context.Get(_attesters)!.Select(AttesterUrls.Parse)], TimeSpan.FromSeconds(seconds))
        : throw new InvalidInputException("patience-seconds", $"--patience-seconds {context.Get(_patience)}: 1 to 600 are possible");
}
