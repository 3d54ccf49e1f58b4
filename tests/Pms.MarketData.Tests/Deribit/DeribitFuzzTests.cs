using System.Text;
using Pms.MarketData.Events;
using Pms.MarketData.Readers.Deribit;
using Pms.MarketData.Snapshots;
using Pms.Testing;

namespace Pms.MarketData.Tests.Deribit;

public sealed class DeribitFuzzTests(ITestOutputHelper output)
{
    [Fact]
    public void Decode_DamagedMessages_AreEventsOrTypedRejections()
    {
        // Every message, however damaged, gives at least one event; no exception, no number past the border, no unbounded memory.
        const ulong Seed = 20240601;
        output.WriteLine($"seed {Seed}");
        var mutator = new MessageMutator(Seed);
        var decoder = new DeribitMessageDecoder();
        var state = new MarketState();
        var events = new List<MarketEvent>();
        var codes = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var cases = FuzzBudget.Cases(100_000);
        var accepted = 0;
        var total = 0L;
        for (var i = 0; i < cases; i++)
        {
            var message = mutator.Mutate(DeribitMessages.All);
            events.Clear();
            var before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                decoder.Decode(message, DeribitMessages.ReceivedAt, events);
                var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
                allocated.ShouldBeLessThan(4 * 1024 * 1024, "a bounded table of names may double, nothing more");
                total += allocated;
                events.ShouldNotBeEmpty();
                foreach (var e in events)
                {
                    EventBorder.Check(e);
                    state.Apply(e);
                    if (e is RejectedInput rejected)
                    {
                        codes[rejected.Reason.Code] = codes.GetValueOrDefault(rejected.Reason.Code) + 1;
                    }
                }

                accepted += events.Exists(e => e is not RejectedInput) ? 1 : 0;
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"case {i} of seed {Seed}: {Encoding.UTF8.GetString(message)}", e);
            }
        }

        output.WriteLine($"{accepted} of {cases} accepted in part; {string.Join(", ", codes.Select(c => $"{c.Key} {c.Value}"))}");
        (total / cases).ShouldBeLessThan(32 * 1024);
        accepted.ShouldBeInRange(cases / 20, cases - (cases / 20), "the mutations must leave some messages whole and break others");
        codes.Count.ShouldBeGreaterThan(15, "the cases must reach the checks, not only the parser");
    }
}
