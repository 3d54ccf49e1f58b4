using System.Collections.Immutable;
using Pms.Attester;
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

    public void Dispose()
    {
        foreach (var client in Clients)
        {
            client.Dispose();
        }
    }
}
