using System.Net;
using System.Net.Http.Headers;
using Pms.Attestation.Aggregation;
using Pms.Attestation.Attesters;
using Pms.Attestation.Encoding;
using Pms.Attestation.Wire;
using Pms.Primitives;
using Polly;
using Polly.Retry;
using Polly.Timeout;

namespace Pms.Attester;

/// <summary>How patiently an attester is asked.</summary>
public sealed record AttesterClientOptions
{
    /// <summary>Longest wait for one answer. Default a minute.</summary>
    public TimeSpan MostWait { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Attempts after the first, where none was answered. Default 3.</summary>
    public int Retries { get; init; } = 3;

    /// <summary>Pause before the first retry; it doubles, with some chance in it, so that callers do not come back all at once. Default 200 ms.</summary>
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromMilliseconds(200);
}

/// <summary>An attester reached over HTTP. A refusal is an answer; an attester that is busy, gone or failing is asked again, and then throws.</summary>
/// <remarks>Asking again is harmless: an attester signs one digest for a sequence, the same as often as it is asked.</remarks>
public sealed class HttpAttesterClient : IAttesterClient<ProposedBatch>, IAttesterClient<ClearanceProposal>, IDisposable
{
    /// <summary>Longest answer that is read.</summary>
    public const int MostAnswerBytes = 64 * 1024;

    private readonly HttpClient _http;
    private readonly ResiliencePipeline<(HttpStatusCode Status, byte[] Body)> _pipeline;

    /// <param name="address">that its signatures must be by</param>
    /// <param name="url">of its host</param>
    /// <param name="time">clock of waits and pauses</param>
    /// <param name="options">patience; null: the defaults</param>
    /// <param name="handler">of connections; null: a new one</param>
    public HttpAttesterClient(EvmAddress address, Uri url, TimeProvider time, AttesterClientOptions? options = null, HttpMessageHandler? handler = null)
    {
        ArgumentNullException.ThrowIfNull(url);
        options ??= new AttesterClientOptions();
        (Address, Url) = (address, url);
        _http = new HttpClient(handler ?? new SocketsHttpHandler { AllowAutoRedirect = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5) })
        {
            BaseAddress = url,
            Timeout = Timeout.InfiniteTimeSpan,
            MaxResponseContentBufferSize = MostAnswerBytes,
        };
        var builder = new ResiliencePipelineBuilder<(HttpStatusCode Status, byte[] Body)> { TimeProvider = time };
        if (options.Retries > 0)
        {
            builder.AddRetry(new RetryStrategyOptions<(HttpStatusCode Status, byte[] Body)>
            {
                MaxRetryAttempts = options.Retries,
                Delay = options.FirstPause,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                ShouldHandle = new PredicateBuilder<(HttpStatusCode Status, byte[] Body)>().Handle<HttpRequestException>().Handle<TimeoutRejectedException>().HandleResult(r => r.Status >= HttpStatusCode.InternalServerError),
            });
        }

        _pipeline = builder.AddTimeout(options.MostWait).Build();
    }

    /// <inheritdoc cref="IAttesterClient{TProposal}.Address"/>
    public EvmAddress Address { get; }

    public Uri Url { get; }

    /// <inheritdoc/>
    public Task<AttesterAnswer> AskAsync(ProposedBatch proposal, CancellationToken cancel) => PostAsync(AttesterHost.BatchPath, ProposalJson.Of(proposal), cancel);

    /// <inheritdoc/>
    public Task<AttesterAnswer> AskAsync(ClearanceProposal proposal, CancellationToken cancel) => PostAsync(AttesterHost.ClearancePath, ProposalJson.Of(proposal), cancel);

    /// <summary>Who answers at a URL.</summary>
    /// <exception cref="InvalidInputException"><c>attester-answer</c>: it is no attester</exception>
    /// <exception cref="AttesterUnreachableException">nobody answers</exception>
    public static async Task<EvmAddress> SignerAtAsync(Uri url, TimeProvider time, AttesterClientOptions? options, CancellationToken cancel)
    {
        using var client = new HttpAttesterClient(default, url, time, options);
        var (status, body) = await client.SendAsync(() => new HttpRequestMessage(HttpMethod.Get, AttesterHost.HealthPath), cancel).ConfigureAwait(false);
        return status == HttpStatusCode.OK ? JsonFields.Parse(body).Address("signer") : throw new InvalidInputException("attester-answer", $"{url} answers {(int)status}: it is no attester");
    }

    public void Dispose() => _http.Dispose();

    private async Task<AttesterAnswer> PostAsync(string path, byte[] document, CancellationToken cancel)
    {
        var (status, body) = await SendAsync(
            () => new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(document) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } } }, cancel).ConfigureAwait(false);
        if (status is HttpStatusCode.OK or HttpStatusCode.UnprocessableEntity)
        {
            return ProposalJson.Answer(body);
        }

        if (status >= HttpStatusCode.InternalServerError)
        {
            throw new AttesterUnreachableException($"{Url} answers {(int)status} to every attempt");
        }

        var error = JsonFields.Parse(body).Object("error");
        return AttesterAnswer.Refused(PrintableText.Of(error.Text("code")), PrintableText.Of(error.Text("message")));
    }

    private async Task<(HttpStatusCode Status, byte[] Body)> SendAsync(Func<HttpRequestMessage> request, CancellationToken cancel)
    {
        try
        {
            return await _pipeline.ExecuteAsync(
                async c =>
                {
                    using var message = request();
                    using var response = await _http.SendAsync(message, HttpCompletionOption.ResponseContentRead, c).ConfigureAwait(false);
                    return (response.StatusCode, await response.Content.ReadAsByteArrayAsync(c).ConfigureAwait(false));
                },
                cancel).ConfigureAwait(false);
        }
        catch (Exception e) when (e is HttpRequestException or TimeoutRejectedException)
        {
            throw new AttesterUnreachableException($"the attester at {Url} does not answer: {e.Message}", e);
        }
    }
}

/// <summary>An attester did not answer, after all attempts.</summary>
public sealed class AttesterUnreachableException(string message, Exception? innerException = null) : PmsException("attester-unreachable", message, innerException);
