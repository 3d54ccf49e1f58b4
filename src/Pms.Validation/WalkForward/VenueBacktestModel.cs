using System.Collections.Immutable;
using Pms.Margin.Portfolios;
using Pms.Margin.Venues;
using Pms.Primitives;

namespace Pms.Validation.WalkForward;

/// <summary>A venue's model with its built-in constants.</summary>
public sealed class VenueBacktestModel(IVenueModel model) : IBacktestModel
{
    public string Name => model.Name;

    public string Fingerprint => model.Name;

    /// <inheritdoc/>
    public ImmutableArray<ModelMargin?> Margins(BoardState state, ImmutableArray<Account> accounts)
    {
        ArgumentNullException.ThrowIfNull(state);
        return [.. accounts.Select(a => Margin(state, a))];
    }

    private ModelMargin? Margin(BoardState state, Account account)
    {
        try
        {
            var margin = model.Evaluate(account, state.Market);
            return new ModelMargin(margin.Initial, margin.Maintenance);
        }
        catch (InvalidInputException)
        {
            return null;
        }
    }
}
