using Pms.MarketData.Instruments;
using Pms.Simulation.Listing;
using Pms.Simulation.Quoting;

namespace Pms.Simulation.Trading;

/// <summary>What trading has done to one instrument: the book it ate, open interest, the day's volume, the last price.</summary>
internal sealed class TradeRecord(SimulatedInstrument listed)
{
    private const double DaySeconds = 86_400;

    private readonly Queue<Entry> _day = new();
    private readonly List<Entry> _recent = [];

    public long LastStep { get; private set; } = -1;

    public double? LastPrice { get; private set; }

    public double OpenInterest { get; private set; } = listed.InitialOpenInterest;

    /// <param name="step">of the trade</param>
    /// <param name="trade">print</param>
    /// <param name="opens">whether the trade opens interest; else it closes some</param>
    /// <param name="memorySteps">how long a refill can take, including the time that a quote may lag</param>
    /// <param name="daySteps">steps of 24 hours and the lag</param>
    public void Add(long step, in SimulatedTrade trade, bool opens, long memorySteps, long daySteps)
    {
        LastStep = step;
        LastPrice = trade.Price;
        if (listed.Instrument is not Spot)
        {
            OpenInterest = opens ? OpenInterest + trade.Amount : Math.Max(0, OpenInterest - trade.Amount);
            OpenInterest = OpenInterest == 0 ? 0 : listed.Ticks.Amount(OpenInterest);
        }

        var entry = new Entry(step, trade.Amount, VolumeOf(trade), trade.BuyerIsTaker);
        _recent.RemoveAll(e => e.Step < step - memorySteps);
        _recent.Add(entry);
        _day.Enqueue(entry);
        while (_day.Peek().Step < step - daySteps)
        {
            _day.Dequeue();
        }
    }

    /// <summary>What is still missing from the book at a step, refilling in a straight line.</summary>
    public Depletion DepletionAt(long step, double refillSteps)
    {
        double bid = 0, ask = 0;
        foreach (var e in _recent)
        {
            var share = e.Step > step ? 0 : 1 - ((step - e.Step) / refillSteps);
            if (share > 0)
            {
                if (e.BuyerIsTaker)
                {
                    ask += share * e.Amount;
                }
                else
                {
                    bid += share * e.Amount;
                }
            }
        }

        return new Depletion(bid, ask);
    }

    /// <summary>Volume of the 24 hours up to a step, in coin; what was traded before the run fades out over the first day.</summary>
    public double VolumeAt(long step, double stepSeconds)
    {
        var elapsed = step * stepSeconds;
        var sum = listed.InitialVolume24h * Math.Max(0, 1 - (elapsed / DaySeconds));
        foreach (var e in _day)
        {
            if (e.Step <= step && (step - e.Step) * stepSeconds < DaySeconds)
            {
                sum += e.Volume;
            }
        }

        return Math.Round(sum, 4);
    }

    // Venues count the volume of inverse futures in coin, though their amounts are in USD.
    private double VolumeOf(in SimulatedTrade trade)
    {
        return listed.Instrument is not EuropeanOption && listed.Instrument.Underlying.Settlement == Settlement.Inverse ? trade.Amount / trade.Price : trade.Amount;
    }

    private readonly record struct Entry(long Step, double Amount, double Volume, bool BuyerIsTaker);
}
