namespace Pms.Microstructure.Incidents;

/// <summary>One price from those of several venues.</summary>
public static class VenueIndex
{
    /// <summary>Fewer live venues make no index: the mean of two is what one of them says.</summary>
    public const int LeastVenues = 3;

    /// <summary>The median; null where fewer than three venues have a finite price above 0.</summary>
    /// <param name="prices">[venue] NaN where it is silent</param>
    public static double? Median(ReadOnlySpan<double> prices)
    {
        var live = new List<double>(prices.Length);
        foreach (var price in prices)
        {
            if (double.IsFinite(price) && price > 0)
            {
                live.Add(price);
            }
        }

        live.Sort();
        var middle = live.Count / 2;
        return live.Count < LeastVenues ? null : live.Count % 2 == 1 ? live[middle] : 0.5 * (live[middle - 1] + live[middle]);
    }
}
