using System.Buffers;
using System.Globalization;
using Pms.MarketData.Events;
using Pms.MarketData.Readers.Deribit;
using Pms.MarketData.Snapshots;
using Pms.Simulation;
using Pms.Simulation.Dialect;
using Pms.Simulation.Parameters;

namespace Pms.Bench;

/// <summary>REPLAY: a minute of the simulated feed in Deribit's JSON, decoded; decoded and applied; the same with a snapshot sealed each market second.</summary>
internal sealed class ReplayWorkload : IWorkload
{
    private const int Seconds = 60;
    private const double GoalPerSecond = 100_000;

    public string Name => "REPLAY";

    public bool Run(BenchReport report, IReadOnlyList<int> threads)
    {
        if (!threads.Contains(1))
        {
            return true;
        }

        var (text, messages) = Record();
        var events = new List<MarketEvent>();
        var rejected = 0;
        var timing = Timing.Measure(5, () =>
        {
            var decoder = new DeribitMessageDecoder();
            rejected = 0;
            foreach (var (start, length, at) in messages)
            {
                events.Clear();
                decoder.Decode(text.AsSpan(start, length), at, events);
                rejected += events.Exists(e => e is RejectedInput) ? 1 : 0;
            }
        });
        report.Line("decode", 1, messages.Count, timing, Extra(messages.Count, text.Length, timing));
        var passed = rejected == 0 && messages.Count / timing.CpuMinMs * 1e3 >= GoalPerSecond;

        timing = Timing.Measure(5, () => Play(text, messages, null));
        report.Line("decode-apply", 1, messages.Count, timing, Extra(messages.Count, text.Length, timing));
        passed &= messages.Count / timing.CpuMinMs * 1e3 >= GoalPerSecond;

        var snapshots = 0;
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        timing = Timing.Measure(5, () => snapshots = Play(text, messages, TimeSpan.FromSeconds(1)));
        allocated = (GC.GetAllocatedBytesForCurrentThread() - allocated) / 7 / messages.Count;
        report.Line(
            "decode-apply-seal", 1, messages.Count, timing, $"{Extra(messages.Count, text.Length, timing)},\"snapshots\":{snapshots},\"bytes_allocated_per_item\":{allocated}");
        return passed;
    }

    private static int Play(byte[] text, List<(int Start, int Length, DateTimeOffset At)> messages, TimeSpan? interval)
    {
        var decoder = new DeribitMessageDecoder();
        var state = new MarketState();
        var events = new List<MarketEvent>();
        var snapshots = 0;
        var boundary = interval is { } first ? messages[0].At + first : DateTimeOffset.MaxValue;
        foreach (var (start, length, at) in messages)
        {
            if (at > boundary)
            {
                state.Seal(boundary);
                snapshots++;
                boundary += interval!.Value;
            }

            events.Clear();
            decoder.Decode(text.AsSpan(start, length), at, events);
            foreach (var e in events)
            {
                state.Apply(e);
            }
        }

        return snapshots;
    }

    private static (byte[] Text, List<(int Start, int Length, DateTimeOffset At)> Messages) Record()
    {
        var exchange = new SimulatedExchange(SimulationParameters.Default, 7);
        var from = exchange.Parameters.Start;
        var buffer = new ArrayBufferWriter<byte>(1 << 24);
        var messages = new List<(int, int, DateTimeOffset)>();
        foreach (var message in exchange.Messages(from, from.AddSeconds(Seconds)))
        {
            var before = buffer.WrittenCount;
            DeribitDialect.Write(message, buffer);
            messages.Add((before, buffer.WrittenCount - before, message.ReceivedAt));
        }

        return (buffer.WrittenSpan.ToArray(), messages);
    }

    private static string Extra(int items, long bytes, Timing timing)
    {
        return string.Create(
            CultureInfo.InvariantCulture,
            $"\"items\":{items},\"items_per_s\":{items / timing.CpuMinMs * 1e3:F0},\"bytes\":{bytes},\"mb_per_s\":{bytes / timing.CpuMinMs / 1e3:F0}");
    }
}
