using System.Buffers;
using System.Globalization;
using Pms.Simulation;
using Pms.Simulation.Dialect;
using Pms.Simulation.Parameters;

namespace Pms.Bench;

/// <summary>SIM: a minute of the simulated exchange's feed (BTC, ETH and SOL, seed 7): typed events, the same as text, and the hidden path alone.</summary>
internal sealed class SimulationWorkload : IWorkload
{
    private const int Seconds = 60;
    private const int PathSteps = 3_600;

    public string Name => "SIM";

    public bool Run(BenchReport report, IReadOnlyList<int> threads)
    {
        if (!threads.Contains(1))
        {
            return true;
        }

        var exchange = new SimulatedExchange(SimulationParameters.Default, 7);
        var start = exchange.Parameters.Start;
        var until = start.AddSeconds(Seconds);
        var messages = 0L;
        var timing = Timing.Measure(5, () => messages = exchange.Messages(start, until).LongCount());
        report.Line("events", 1, messages, timing, Extra(messages, timing));

        var bytes = 0L;
        var buffer = new ArrayBufferWriter<byte>(1 << 20);
        timing = Timing.Measure(5, () =>
        {
            bytes = 0;
            foreach (var message in exchange.Messages(start, until))
            {
                buffer.ResetWrittenCount();
                DeribitDialect.Write(message, buffer);
                bytes += buffer.WrittenCount;
            }
        });
        report.Line("text", 1, messages, timing, string.Create(CultureInfo.InvariantCulture, $"{Extra(messages, timing)},\"bytes\":{bytes}"));

        timing = Timing.Measure(5, () => exchange.TruthAt(start.AddSeconds(PathSteps)));
        report.Line("path", 1, PathSteps, timing, Extra(PathSteps, timing));
        return messages > Seconds;
    }

    private static string Extra(long items, Timing timing)
    {
        return string.Create(CultureInfo.InvariantCulture, $"\"items\":{items},\"items_per_s\":{items / timing.CpuMinMs * 1e3:F0}");
    }
}
