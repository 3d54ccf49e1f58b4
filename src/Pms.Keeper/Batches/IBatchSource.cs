using Pms.Attestation.Wire;
using Pms.Primitives;

namespace Pms.Keeper.Batches;

/// <summary>Where leaves and their proofs come from: the aggregator's newest batch.</summary>
public interface IBatchSource
{
    /// <summary>The newest batch, held against its own header; null where there is none.</summary>
    /// <exception cref="InvalidInputException"><c>batch-file</c>, <c>json-shape</c>, <c>json-field</c>; <c>batch-unreachable</c></exception>
    Task<BatchDocument?> NewestAsync(CancellationToken cancel);
}

/// <summary>A batch file, as <c>pms batch</c> writes it; read anew when it changes.</summary>
/// <param name="path">file; missing: there is no batch yet</param>
public sealed class FileBatchSource(string path) : IBatchSource
{
    private (DateTime Written, long Length, BatchDocument Batch)? _last;

    public async Task<BatchDocument?> NewestAsync(CancellationToken cancel)
    {
        var info = new FileInfo(path);
        if (!info.Exists)
        {
            return null;
        }

        if (_last is not { } last || last.Written != info.LastWriteTimeUtc || last.Length != info.Length)
        {
            last = (info.LastWriteTimeUtc, info.Length, BatchDocument.Read(await File.ReadAllBytesAsync(path, cancel).ConfigureAwait(false)));
            _last = last;
        }

        return last.Batch;
    }
}

/// <summary>A batch by HTTP; unchanged content (ETag) is not read again.</summary>
/// <param name="client">with its time limit</param>
/// <param name="url">of the batch document</param>
public sealed class HttpBatchSource(HttpClient client, Uri url) : IBatchSource
{
    /// <summary>Most bytes of a document.</summary>
    public const int MostBytes = 1 << 30;

    private (string? Tag, BatchDocument Batch)? _last;

    public async Task<BatchDocument?> NewestAsync(CancellationToken cancel)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, url);
            if (_last?.Tag is { } tag)
            {
                request.Headers.TryAddWithoutValidation("If-None-Match", tag);
            }

            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel).ConfigureAwait(false);
            if (response.StatusCode == System.Net.HttpStatusCode.NotModified && _last is { } same)
            {
                return same.Batch;
            }

            if (response.StatusCode == System.Net.HttpStatusCode.NotFound)
            {
                return null;
            }

            if (!response.IsSuccessStatusCode || response.Content.Headers.ContentLength > MostBytes)
            {
                throw new InvalidInputException("batch-unreachable", $"{url} answers {(int)response.StatusCode} with {response.Content.Headers.ContentLength} bytes");
            }

            await response.Content.LoadIntoBufferAsync(MostBytes, cancel).ConfigureAwait(false);
            var batch = BatchDocument.Read(await response.Content.ReadAsByteArrayAsync(cancel).ConfigureAwait(false));
            _last = (response.Headers.ETag?.ToString(), batch);
            return batch;
        }
        catch (Exception e) when (e is HttpRequestException || (e is TaskCanceledException && !cancel.IsCancellationRequested))
        {
            throw new InvalidInputException("batch-unreachable", $"{url} does not answer: {PrintableText.Of(e.Message)}", e);
        }
    }
}
