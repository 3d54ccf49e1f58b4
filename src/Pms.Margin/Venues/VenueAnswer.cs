using System.Collections.Immutable;
using Pms.Primitives;

namespace Pms.Margin.Venues;

/// <summary>Collects what a model asks group by group.</summary>
internal sealed class VenueAnswer(string model, VenueBook book, params VenueParameters[] parameters)
{
    private readonly ImmutableArray<VenueComponent>.Builder _components = ImmutableArray.CreateBuilder<VenueComponent>();
    private double _initial;
    private double _maintenance;
    private double _largest = -1;
    private string _binding = "nothing at risk";

    /// <param name="group">underlying or settlement currency</param>
    /// <param name="initialUsd">of the group</param>
    /// <param name="maintenanceUsd">of the group</param>
    /// <param name="binding">what decides it</param>
    /// <param name="components">they add up to the group's initial margin; those of 0 are left out</param>
    internal void Add(string group, double initialUsd, double maintenanceUsd, string binding, params ReadOnlySpan<(string Name, double AmountUsd)> components)
    {
        if (!double.IsFinite(initialUsd) || !double.IsFinite(maintenanceUsd))
        {
            throw new InvalidInputException("result-range", $"{model} asks {initialUsd} and {maintenanceUsd} of {book.Account.Id} for {group}: the positions are beyond what the model can answer");
        }

        _initial += initialUsd;
        _maintenance += maintenanceUsd;
        foreach (var (name, amount) in components)
        {
            if (amount != 0)
            {
                _components.Add(new VenueComponent(name, group, amount));
            }
        }

        if (initialUsd > _largest && initialUsd > 0)
        {
            _largest = initialUsd;
            _binding = $"{group}: {binding}";
        }
    }

    internal VenueMargin Margin() => new(
        model,
        _initial,
        _maintenance,
        book.EquityUsd,
        book.OptionValueUsd,
        _binding,
        _components.ToImmutable(),
        string.Join(',', parameters.Select(p => p.Hash().ToString())));
}
