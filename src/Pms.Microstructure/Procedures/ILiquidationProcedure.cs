using Pms.Microstructure.Cascades;

namespace Pms.Microstructure.Procedures;

/// <summary>What a venue does about accounts below their maintenance margin, minute by minute. Keeps its own memory of a run.</summary>
internal interface ILiquidationProcedure
{
    void Act(VenueRun run);
}
