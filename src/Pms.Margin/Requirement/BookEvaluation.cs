using System.Runtime.ExceptionServices;
using Pms.Margin.Arrays;
using Pms.Margin.Measures;
using Pms.Margin.Portfolios;
using Pms.Primitives;

namespace Pms.Margin.Requirement;

/// <summary>Margins of a whole book in one pass over the array: what the engine asks of each account's vectors is answered from the pass, the rest is the same code.</summary>
internal sealed class BookEvaluation : IBookReader
{
    private readonly MarginEngine _engine;
    private readonly IReadOnlyList<Account> _accounts;
    private readonly MarginContext _context;
    private readonly MarginEngine.AccountLines?[] _lines;
    private readonly InvalidInputException?[] _refusals;
    private readonly bool _goesOn;
    private readonly BookPass _pass;

    /// <param name="engine">of the book</param>
    /// <param name="accounts">in the order of the results</param>
    /// <param name="context">the same for all</param>
    /// <param name="goesOn">a refused account has no result and does not stop the others</param>
    public BookEvaluation(MarginEngine engine, IReadOnlyList<Account> accounts, MarginContext context, bool goesOn)
    {
        (_engine, _accounts, _context, _goesOn) = (engine, accounts, context, goesOn);
        _lines = new MarginEngine.AccountLines?[accounts.Count];
        _refusals = new InvalidInputException?[accounts.Count];
        Results = new MarginResult[accounts.Count];
        var plan = new BookPlan(engine.Array.MostTicks, engine.Design.Count);
        for (var a = 0; a < accounts.Count; a++)
        {
            try
            {
                _lines[a] = engine.LinesOf(accounts[a], context);
                _lines[a]!.Vectors.AddTo(plan);
            }
            catch (InvalidInputException refusal)
            {
                // Told when it is this account's turn: an earlier one may be refused for its losses.
                _refusals[a] = refusal;
            }
            catch (OverflowException overflow) when (goesOn)
            {
                _refusals[a] = MarginEngine.Beyond(accounts[a], overflow);
            }

            plan.EndAccount();
        }

        _pass = new BookPass(engine.Array.TickRows, plan, engine.Design, engine.Deepest);
    }

    /// <summary>[account]</summary>
    public MarginResult[] Results { get; }

    /// <summary>[account] why there is no result</summary>
    public IReadOnlyList<InvalidInputException?> Refusals => _refusals;

    public void Run(int threads) => _pass.Run(threads, this);

    public void Read(int account, BookVectors vectors)
    {
        if (!_goesOn)
        {
            Evaluate(account, vectors);
            return;
        }

        try
        {
            Evaluate(account, vectors);
        }
        catch (InvalidInputException refusal)
        {
            _refusals[account] = refusal;
        }
        catch (OverflowException overflow)
        {
            _refusals[account] = MarginEngine.Beyond(_accounts[account], overflow);
        }
    }

    private void Evaluate(int account, BookVectors vectors)
    {
        if (_refusals[account] is { } refusal)
        {
            ExceptionDispatchInfo.Throw(refusal);
        }

        var lines = _lines[account]!;
        Results[account] = _engine.Evaluate(_accounts[account], _context, lines, new PassLosses(_engine, lines.Vectors, _pass.Plan.IsBeyond(account) ? null : vectors));
        _lines[account] = null;
    }

    /// <summary>Losses that the pass has found; from all scenarios where it has not.</summary>
    /// <param name="engine">what the losses are of</param>
    /// <param name="account">its sums</param>
    /// <param name="vectors">null: the pass has none of this account</param>
    private sealed class PassLosses(MarginEngine engine, AccountVectors account, BookVectors? vectors) : IVectorLosses
    {
        private WholeLosses? _whole;

        // Few accounts need it.
        private WholeLosses Whole => _whole ??= new WholeLosses(engine.Array, engine.Design, engine.Deepest, account);

        public ReadOnlySpan<TailEntry> Worst(int vector) => vectors is not null && vectors.TryWorst(vector, out var worstFirst) ? worstFirst : Whole.Worst(vector);

        public ReadOnlySpan<long> Stress(int vector) => vectors is not null ? vectors.Stress(vector) : Whole.Stress(vector);
    }
}
