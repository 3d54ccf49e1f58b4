using System.Collections.Immutable;
using Pms.MarketData.Instruments;
using Pms.Primitives;
using Pms.Validation.Books;

namespace Pms.Validation.WalkForward;

/// <summary>One book over one window: what it lost, and what each model had asked before.</summary>
/// <param name="Book">id: class and rule; the same rule on every board</param>
/// <param name="Class">kind</param>
/// <param name="Coins">what it trades</param>
/// <param name="NotionalUsd">sum of |coins| x coin price at the start</param>
/// <param name="LossUsd">positive: lost over the window by the quotes of both boards</param>
/// <param name="Margins">[model], in the order of the run; null where the model refused the account</param>
public sealed record BacktestObservation(string Book, BookClass Class, ImmutableArray<Asset> Coins, double NotionalUsd, double LossUsd, ImmutableArray<ModelMargin?> Margins);

/// <summary>One board and the board a horizon later.</summary>
/// <param name="Source">of the boards</param>
/// <param name="From">when books were margined</param>
/// <param name="To">when they were revalued</param>
/// <param name="Observations">by book</param>
/// <param name="LegsByModel">positions without a quote on one of the boards, valued on the surface</param>
/// <param name="Legs">positions</param>
public sealed record BacktestWindow(string Source, DateTimeOffset From, DateTimeOffset To, ImmutableArray<BacktestObservation> Observations, int LegsByModel, int Legs);

/// <summary>A board that has no part in the result, and why.</summary>
/// <param name="At">instant</param>
/// <param name="Reason">code and message</param>
public sealed record SkippedBoard(DateTimeOffset At, Refusal Reason);
