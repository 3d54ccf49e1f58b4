using Pms.Margin.Arrays;

namespace Pms.Margin.Requirement;

/// <summary>Room that accounts kept at hand work in, about a megabyte at 10,000 scenarios: those of one engine that are never asked at the same time share one. Whoever shares it out sees to that.</summary>
/// <param name="engine">of all accounts that share it</param>
public sealed class LiveRoom(MarginEngine engine)
{
    private LiveBuffers? _buffers;

    internal MarginEngine Engine => engine;

    internal LiveBuffers Buffers => _buffers ??= new LiveBuffers(engine.Design, engine.Array.ScenarioCount - engine.Array.TailCount);
}
