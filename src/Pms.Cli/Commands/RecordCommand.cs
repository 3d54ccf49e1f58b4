using System.CommandLine;
using Pms.Cli.Output;
using Pms.Connectors.Deribit;
using Pms.Connectors.Sessions;
using Pms.Primitives;

namespace Pms.Cli.Commands;

/// <summary><c>pms record</c>: a venue's live feed to a session file, until stopped.</summary>
internal static class RecordCommand
{
    public static Command Create()
    {
        var output = new Option<string>("--output", "-o") { Description = "session file to write, as in session.ndjson.gz", Required = true };
        var url = new Option<string>("--url") { Description = "WebSocket address", DefaultValueFactory = _ => DeribitConnectorOptions.DefaultUrl.ToString() };
        var currencies = new Option<string>("--currency") { Description = "comma-separated; USDC is all linear families", DefaultValueFactory = _ => "BTC,ETH" };
        var length = new Option<string?>("--for") { Description = "how long, as in 10m; until Ctrl-C when left out" };
        var books = new Option<bool>("--option-books") { Description = "an order book for every option too: many messages", Arity = ArgumentArity.Zero };
        return PmsCommand.Create(
            "record",
            "Writes Deribit's public feed to a session file; progress is on standard error. Ctrl-C ends the file properly.",
            "pms record --currency BTC,ETH --for 10m -o session.ndjson.gz",
            async (context, cancel) =>
            {
                var options = new DeribitConnectorOptions
                {
                    Url = ParseUrl(context.Get(url)!),
                    Currencies = [.. context.Get(currencies)!.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(c => c.ToUpperInvariant())],
                    OptionBooks = context.Get(books),
                    // Jitter need not reproduce: clients that start together should not come back together.
                    Seed = (ulong)Environment.TickCount64 ^ ((ulong)Environment.ProcessId << 32),
                };
                options.Validate();
                var duration = context.Get(length) is { } text ? DurationText.Parse(text, "--for") : (TimeSpan?)null;
                return await RunAsync(context, options, context.Get(output)!, duration, cancel).ConfigureAwait(false);
            },
            output,
            url,
            currencies,
            length,
            books);
    }

    private static async Task<int> RunAsync(CommandContext context, DeribitConnectorOptions options, string path, TimeSpan? duration, CancellationToken cancel)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        if (duration is { } length)
        {
            stop.CancelAfter(length);
        }

        var written = new RecordProgress(0, 0, ConnectorStatusText.None);
        using var progress = new ProgressLine();
        var target = File.Create(path);
        await using (target.ConfigureAwait(false))
        {
            await SessionRecorder.RecordAsync(
                target,
                options,
                TimeProvider.System,
                p =>
                {
                    written = p;
                    progress.Show(ConnectorStatusText.Describe(p.Status, TimeProvider.System.GetUtcNow()) + $", {p.Messages:N0} messages, {p.Bytes / 1e6:N1} MB written");
                },
                TimeSpan.FromSeconds(1),
                stop.Token).ConfigureAwait(false);
        }

        progress.End();
        var status = written.Status;
        var document = new RecordDocument(
            path, written.Messages, written.Bytes, status.Connections, status.Gaps, status.Rejected, status.ChannelsLive, status.ChannelsWanted,
            status.LastEnd is { } end ? ErrorBody.Of(end) : null);
        if (context.Json)
        {
            JsonOutput.Write(document);
        }
        else
        {
            Console.Error.WriteLine(
                $"pms: {path}: {document.Messages:N0} messages, {document.Connections} connections, {document.Gaps} gaps, {document.Rejected} refused{(document.LastEnd is { } e ? $"; last end: {e.Message}" : "")}");
        }

        return written.Messages > 0 ? ExitCode.Ok : ExitCode.Failed;
    }

    private static Uri ParseUrl(string text)
    {
        return Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "ws" or "wss"
            ? url!
            : throw new InvalidInputException("url-format", $"--url '{text}' is not a ws:// or wss:// address");
    }

    private sealed record RecordDocument(
        string Path, long Messages, long Bytes, int Connections, long Gaps, long Rejected, int ChannelsLive, int ChannelsWanted, ErrorBody? LastEnd);
}
