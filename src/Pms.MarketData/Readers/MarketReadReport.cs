using Pms.MarketData.Events;
using Pms.Primitives;

namespace Pms.MarketData.Readers;

/// <summary>What became of the rows or messages of a file: counts, and the first examples of each rejection.</summary>
public sealed class MarketReadReport
{
    /// <summary>Most examples kept for each code.</summary>
    public const int MaxExamplesPerCode = 5;

    /// <summary>Most different codes counted one by one; the rest is counted under <c>other</c>.</summary>
    public const int MaxCodes = 64;

    private readonly SortedDictionary<string, CodeReport> _rejections = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, CodeReport> _notApplied = new(StringComparer.Ordinal);

    /// <summary>Events read, rejections included.</summary>
    public long Events { get; private set; }

    /// <summary>Quote updates among them.</summary>
    public long Quotes { get; private set; }

    /// <summary>Listed contracts among them.</summary>
    public long Listed { get; private set; }

    /// <summary>Rows or messages refused at the border.</summary>
    public long Rejected { get; private set; }

    /// <summary>Boards begun.</summary>
    public long Boards { get; private set; }

    /// <summary>Rows and messages refused at the border, by code.</summary>
    public IReadOnlyDictionary<string, CodeReport> Rejections => _rejections;

    /// <summary>Events that were well-formed but did not fit the state (a gap in a book, too many instruments), by code.</summary>
    public IReadOnlyDictionary<string, CodeReport> NotApplied => _notApplied;

    internal void Add(MarketEvent marketEvent)
    {
        Events++;
        switch (marketEvent)
        {
            case QuoteUpdate:
                Quotes++;
                break;
            case InstrumentListed:
                Listed++;
                break;
            case BoardStart:
                Boards++;
                break;
            case RejectedInput rejected:
                Rejected++;
                Add(_rejections, rejected.Reason, rejected.Position, rejected.Excerpt);
                break;
        }
    }

    internal void AddNotApplied(Refusal refusal, MarketEvent marketEvent) => Add(_notApplied, refusal, Events, marketEvent.GetType().Name);

    private static void Add(SortedDictionary<string, CodeReport> counts, Refusal refusal, long position, string excerpt)
    {
        var code = counts.Count < MaxCodes || counts.ContainsKey(refusal.Code) ? refusal.Code : "other";
        if (!counts.TryGetValue(code, out var report))
        {
            counts.Add(code, report = new CodeReport());
        }

        report.Add(new RejectionExample(position, refusal.Message, excerpt));
    }

    /// <summary>How often one code came up, and where first.</summary>
    public sealed class CodeReport
    {
        private readonly List<RejectionExample> _examples = [];

        public long Count { get; private set; }

        /// <summary>The first ones, at most <see cref="MaxExamplesPerCode"/>.</summary>
        public IReadOnlyList<RejectionExample> Examples => _examples;

        internal void Add(RejectionExample example)
        {
            Count++;
            if (_examples.Count < MaxExamplesPerCode)
            {
                _examples.Add(example);
            }
        }
    }

    /// <param name="Position">line or message number, from 1</param>
    /// <param name="Message">what is wrong and what is allowed</param>
    /// <param name="Excerpt">beginning of the text</param>
    public sealed record RejectionExample(long Position, string Message, string Excerpt);
}
