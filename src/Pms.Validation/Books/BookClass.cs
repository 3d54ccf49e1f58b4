using System.Collections.Immutable;

namespace Pms.Validation.Books;

/// <summary>What kind of book is backtested.</summary>
public enum BookClass
{
    /// <summary>A perpetual with leverage, or one option bought or sold.</summary>
    Directional,

    /// <summary>Short strangles of 1 to 10 days.</summary>
    StrangleNear,

    /// <summary>Short strangles of 20 to 120 days.</summary>
    StrangleFar,

    /// <summary>Puts sold 1.5 to 3 standard deviations out of the money, 7 to 45 days.</summary>
    ShortPut,

    /// <summary>Verticals, sold and bought.</summary>
    Spread,

    /// <summary>Iron condors and iron butterflies, sold.</summary>
    Condor,

    /// <summary>A near expiry sold against a far one at one strike.</summary>
    Calendar,

    /// <summary>Coins held against calls sold on them, with and without a put bought.</summary>
    Covered,

    /// <summary>One coin against another: perpetuals and strangles.</summary>
    CrossAsset,

    /// <summary>16 options bought and sold, delta hedged with the perpetual.</summary>
    MarketMaker,

    /// <summary>All books together in one account: of one coin, or of all.</summary>
    Aggregate,
}

/// <summary>Names and groups of the classes.</summary>
public static class BookClasses
{
    /// <summary>Those that books are drawn of.</summary>
    public static ImmutableArray<BookClass> Drawn { get; } = [.. Enum.GetValues<BookClass>().Where(c => c != BookClass.Aggregate)];

    /// <summary>As in <c>strangle-near</c>.</summary>
    public static string NameOf(BookClass bookClass) => bookClass switch
    {
        BookClass.StrangleNear => "strangle-near",
        BookClass.StrangleFar => "strangle-far",
        BookClass.ShortPut => "short-put",
        BookClass.CrossAsset => "cross-asset",
        BookClass.MarketMaker => "market-maker",
        _ => bookClass.ToString().ToLowerInvariant(),
    };

    /// <summary>Books whose legs offset one another.</summary>
    public static bool IsHedged(BookClass bookClass) => bookClass is BookClass.Spread or BookClass.Condor or BookClass.Calendar or BookClass.Covered or BookClass.CrossAsset or BookClass.MarketMaker;
}
