using System.Collections.Immutable;
using Pms.Margin.Venues.Deribit;
using Pms.Margin.Venues.Derive;
using Pms.Margin.Venues.Okx;
using Pms.Margin.Venues.Paradex;
using Pms.Margin.Venues.Span;
using Pms.Margin.Venues.Static;
using Pms.Primitives;

namespace Pms.Margin.Venues;

/// <summary>The venues' models by name.</summary>
public static class VenueModels
{
    /// <summary>In the order that tables show them.</summary>
    public static ImmutableArray<string> Names { get; } = ["static", "standard", "span", "deribit", "okx", "paradex", "derive"];

    /// <param name="name">one of <see cref="Names"/></param>
    /// <param name="overrides">sets that replace the built-in ones of the same model, as read from a file; for Deribit both coins' sets</param>
    /// <exception cref="InvalidInputException"><c>venue-model</c>: no such model</exception>
    public static IVenueModel Create(string name, params IReadOnlyList<VenueParameters> overrides)
    {
        ArgumentNullException.ThrowIfNull(overrides);
        VenueParameters Set(string model, string set) => overrides.FirstOrDefault(o => o.Model == model && (model != "deribit" || o.Set == set)) ?? VenueParameters.BuiltIn(model, set);
        return name switch
        {
            "static" => new StaticModel(Set("static", "full")),
            "standard" => new StandardModel(Set("deribit", "btc"), Set("deribit", "eth")),
            "span" => new SpanModel(Set("span", "crypto")),
            "deribit" => new DeribitModel(Set("deribit", "btc"), Set("deribit", "eth")),
            "okx" => new OkxModel(Set("okx", "btc-eth")),
            "paradex" => new ParadexModel(Set("paradex", "docs")),
            "derive" => new DeriveModel(Set("derive-pm2", "board")),
            _ => throw new InvalidInputException("venue-model", $"there is no model '{PrintableText.Of(name)}'; there are {string.Join(", ", Names)}"),
        };
    }
}
