using System.Collections.Immutable;
using Pms.MarketData.Snapshots;
using Pms.Primitives;
using Pms.Volatility.Arbitrage;
using Pms.Volatility.Calibration;
using Pms.Volatility.Quotes;
using Pms.Volatility.Svi;

namespace Pms.Volatility;

/// <summary>From the option board of one underlying to its arbitrage-free surface.</summary>
/// <remarks>
/// Sift the quotes, fit a raw SVI smile to each expiry alone, then all together under the conditions of no butterfly and no calendar arbitrage
/// wherever those are broken, then prove the result over the whole line. docs/model/surface.md gives the objective and the evidence.
/// </remarks>
public static class SurfaceFitter
{
    /// <summary>Most expiries of one board: the joint fit's time grows faster than their number. Crypto boards list about 13, SPX 52.</summary>
    public const int MaxExpiries = 128;

    private const int SmileIterations = 60;
    private const double SmileTolerance = 1e-5;
    private const double VolTolerance = 2e-5;
    private const int JointRounds = 25;
    private const double JointTolerance = 1e-3;
    private const int ProofRounds = 4;
    private const int NearestPoints = 32;

    // 5 and 95 delta: |d1| at most the normal quantile of 0.95.
    private const double ScopeD1 = 1.6448536269514722;

    /// <summary>Fits a board.</summary>
    /// <param name="board">quotes of one underlying</param>
    /// <param name="at">instant of the fit; years and ages count from here</param>
    /// <param name="parameters">how</param>
    /// <param name="previous">an earlier surface of the same underlying: start, prior, and last good smile where quotes fail; one of a later instant is ignored</param>
    /// <returns>always a result: what could not be fitted is marked, never thrown</returns>
    /// <exception cref="InvalidInputException">
    /// <c>surface-parameter</c>: outside its range; <c>surface-underlying</c>: a previous surface of another underlying; <c>board-expiries</c>: one expiry
    /// twice, or more than <see cref="MaxExpiries"/>
    /// </exception>
    public static SurfaceFit Fit(UnderlyingBoard board, DateTimeOffset at, SurfaceParameters parameters, VolSurface? previous = null)
    {
        ArgumentNullException.ThrowIfNull(board);
        ArgumentNullException.ThrowIfNull(parameters);
        parameters.Validate();
        if (previous is not null && previous.Underlying != board.Id)
        {
            throw new InvalidInputException("surface-underlying", $"the previous surface is of {previous.Underlying}, the board of {board.Id}");
        }

        if (board.Expiries.Length > MaxExpiries)
        {
            throw new InvalidInputException("board-expiries", $"the board of {board.Id} lists {board.Expiries.Length} expiries: at most {MaxExpiries} are fitted together");
        }

        if (board.Expiries.GroupBy(e => e.Expiry).FirstOrDefault(g => g.Skip(1).Any()) is { } twice)
        {
            throw new InvalidInputException("board-expiries", $"the board of {board.Id} lists the expiry {twice.Key.ToIso()} more than once");
        }

        var drafts = new Draft[board.Expiries.Length];
        for (var i = 0; i < drafts.Length; i++)
        {
            drafts[i] = new Draft(SmileQuotes.Sift(board.Expiries[i], board.Id.Settlement, at, parameters));
        }

        // A surface of a later instant knows what the board cannot.
        var last = previous is not null && at >= previous.At ? previous : null;
        var carryFrom = last is not null && (at - last.At).TotalHours <= parameters.MaxCarryHours ? last : null;
        FitAlone(drafts, parameters, carryFrom);
        var fitted = drafts.Where(d => d.Problem is not null).OrderBy(d => d.Quotes.Years).ToArray();
        var surfaceNotes = ImmutableArray.CreateBuilder<Refusal>();
        var rounds = fitted.Length == 0 ? 0 : FitTogether([.. fitted.Select(d => d.Problem!)], calendar: true, parameters, surfaceNotes);
        NoteQuoteShare(drafts, parameters, surfaceNotes);
        return Report(board, at, parameters, last, drafts, fitted, rounds, surfaceNotes);
    }

    /// <summary>Fits every board of a snapshot that lists options, each alone: without an earlier fit as a start, so that the result is a function of the snapshot.</summary>
    /// <param name="snapshot">quotes</param>
    /// <param name="parameters">how</param>
    /// <exception cref="InvalidInputException">as <see cref="Fit(UnderlyingBoard, DateTimeOffset, SurfaceParameters, VolSurface?)"/></exception>
    public static ImmutableArray<SurfaceFit> FitAll(MarketSnapshot snapshot, SurfaceParameters parameters)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        return [.. snapshot.Boards.Where(b => !b.Expiries.IsEmpty).Select(b => Fit(b, snapshot.ObservedAt, parameters))];
    }

    /// <summary>Fits smiles to plain vols: least squares in vol, no prior, no influence bound, the same conditions of no arbitrage.</summary>
    /// <param name="expiries">years strictly ascending</param>
    /// <param name="parameters">margins and slope bound; the rest concerns quotes</param>
    /// <param name="conditions">whether the order in time is enforced too; without it the smiles do not know of each other</param>
    /// <exception cref="InvalidInputException">parameters or points outside their range, or expiries out of order</exception>
    public static VolPointsFit Fit(IReadOnlyList<VolPoints> expiries, SurfaceParameters parameters, ArbitrageConditions conditions = ArbitrageConditions.ButterflyAndCalendar)
    {
        ArgumentNullException.ThrowIfNull(expiries);
        ArgumentNullException.ThrowIfNull(parameters);
        parameters.Validate();
        var problems = new SmileProblem[expiries.Count];
        for (var i = 0; i < problems.Length; i++)
        {
            var expiry = expiries[i];
            expiry.Validate();
            if (i > 0 && !(expiry.Years > expiries[i - 1].Years))
            {
                throw new InvalidInputException("vol-points", $"expiry {i} is at {expiry.Years} years, the one before at {expiries[i - 1].Years}: ascending years are required");
            }

            // Standard deviations over the root of time are vols: the cost is half the sum of squared errors in vol.
            var points = new SmilePoints(expiry.K.Length);
            var root = Math.Sqrt(expiry.Years);
            for (var j = 0; j < expiry.K.Length; j++)
            {
                points.Add(expiry.K[j], expiry.Vol[j] * root, 1 / root, 0, double.MaxValue, 1, 0, double.MaxValue);
            }

            var theta = LevelAtMoney(points);
            problems[i] = new SmileProblem(points, ShapePrior.None, SviBox.For(theta, parameters.MostWingSlope));
            problems[i].StartFromVertices(Math.Sqrt(theta));
            problems[i].Descend(SmileIterations, VolTolerance);
        }

        var notes = ImmutableArray.CreateBuilder<Refusal>();
        var rounds = FitTogether(problems, conditions == ArbitrageConditions.ButterflyAndCalendar, parameters, notes);
        var rms = problems.Select((p, i) => Math.Sqrt(2 * p.Cost(p.Best) / expiries[i].K.Length));
        return new VolPointsFit([.. problems.Select(p => p.Best.ToRaw())], [.. rms], rounds, notes.ToImmutable());
    }

    /// <summary>The smiles without arbitrage that are nearest in vol, over five standard deviations around the money.</summary>
    /// <param name="surface">any smiles, also with arbitrage</param>
    /// <param name="parameters">margins and slope bound</param>
    public static VolSurface NearestWithoutArbitrage(VolSurface surface, SurfaceParameters parameters)
    {
        ArgumentNullException.ThrowIfNull(surface);
        ArgumentNullException.ThrowIfNull(parameters);
        parameters.Validate();
        var problems = new SmileProblem[surface.Slices.Length];
        for (var i = 0; i < problems.Length; i++)
        {
            var slice = surface.Slices[i];
            var theta = Math.Max(slice.Smile.TotalVariance(0), 1e-10);
            var spread = Math.Sqrt(theta);
            var points = new SmilePoints(NearestPoints);
            for (var j = 0; j < NearestPoints; j++)
            {
                var k = spread * 2.5 * ((2.0 * j / (NearestPoints - 1)) - 1);
                points.Add(k, Math.Sqrt(slice.Smile.TotalVariance(k)), 1 / spread, 0, double.MaxValue, 1, 0, double.MaxValue);
            }

            var box = SviBox.For(theta, parameters.MostWingSlope);
            var start = SviPoint.From(slice.Smile);
            problems[i] = new SmileProblem(points, SmileShape.Of(start).Prior(theta, 1e-3, 0), box) { Best = start.Inside(box, start.S) };
        }

        FitTogether(problems, calendar: true, parameters, ImmutableArray.CreateBuilder<Refusal>());
        var smiles = problems.Select(p => p.Best.ToRaw()).ToArray();
        return new VolSurface(surface.Underlying, surface.At, surface.Slices.Select((s, i) => s with { Smile = smiles[i] }), surface.ParametersHash);
    }

    private static void FitAlone(Draft[] drafts, SurfaceParameters parameters, VolSurface? previous)
    {
        foreach (var draft in drafts)
        {
            if (draft.Quotes.Points.Targets >= parameters.LeastFullStrikes)
            {
                FitFull(draft, parameters, previous);
            }
        }

        foreach (var draft in drafts)
        {
            if (draft.Problem is null && draft.Quotes.Years > 0)
            {
                FitThin(draft, drafts, parameters, previous);
            }
        }
    }

    /// <summary>The previous smile of an expiry; none where it has no variance at the money, and so no shape.</summary>
    private static VolSlice? EarlierSmile(VolSurface? previous, DateTimeOffset expiry) => previous?.Find(expiry) is { } slice && slice.Smile.TotalVariance(0) > 0 ? slice : null;

    private static void FitFull(Draft draft, SurfaceParameters parameters, VolSurface? previous)
    {
        var quotes = draft.Quotes;
        var points = quotes.Points;
        var theta = LevelAtMoney(points);
        var earlier = EarlierSmile(previous, quotes.Board.Expiry);
        var shape = earlier is null ? SmileShape.Typical : SmileShape.Of(SviPoint.From(earlier.Smile));
        var problem = new SmileProblem(points, shape.Prior(theta, parameters.PriorWeight, 0), SviBox.For(theta, parameters.MostWingSlope));
        problem.StartFromVertices(Math.Sqrt(theta));
        problem.StartFrom(shape.At(theta));
        problem.Descend(SmileIterations, SmileTolerance);
        draft.Problem = problem;
        if (ExpelOutliers(draft, parameters))
        {
            problem.Descend(SmileIterations, SmileTolerance);
            if (points.Targets < parameters.LeastFullStrikes)
            {
                draft.Note("few-quotes", $"{points.Targets} two-sided strikes are left");
            }
        }
    }

    private static void FitThin(Draft draft, Draft[] all, SurfaceParameters parameters, VolSurface? previous)
    {
        var quotes = draft.Quotes;
        var points = quotes.Points;
        if (quotes.Forward is null || quotes.Years * 365 * 24 < parameters.LeastHoursToExpiry)
        {
            return;
        }

        var earlier = EarlierSmile(previous, quotes.Board.Expiry);
        Draft? neighbour = null;
        foreach (var other in all)
        {
            if (other.Problem is not null
                && other.Degraded.Count == 0
                && (neighbour is null || Math.Abs(other.Quotes.Years - quotes.Years) < Math.Abs(neighbour.Quotes.Years - quotes.Years)))
            {
                neighbour = other;
            }
        }

        var shape = earlier is not null ? SmileShape.Of(SviPoint.From(earlier.Smile))
            : neighbour is not null ? SmileShape.Of(neighbour.Problem!.Best)
            : SmileShape.Typical;
        double theta;
        double weightA;
        if (points.Targets > 0)
        {
            theta = shape.LevelThrough(points);
            weightA = 0;
            draft.Note(
                points.Targets == 1 ? "one-quote" : "few-quotes",
                $"{points.Targets} two-sided strikes: the shape comes from {(earlier is not null ? "the previous surface" : neighbour is not null ? "the nearest expiry" : "a typical smile")}");
        }
        else if (earlier is not null)
        {
            theta = earlier.Smile.TotalVariance(0) * (quotes.Years / earlier.Years);
            weightA = 1;
            draft.Note("last-good", $"no two-sided quote is usable: the smile of {previous!.At.ToIso()} is carried over");
            draft.CarriedFrom = previous.At;
        }
        else
        {
            draft.Note("no-quotes", "no two-sided quote is usable and there is no previous smile: the surface interpolates here");
            return;
        }

        var prior = shape.Prior(theta, Math.Max(1, parameters.PriorWeight), weightA);
        draft.Problem = new SmileProblem(points, prior, SviBox.For(theta, parameters.MostWingSlope))
        {
            Best = shape.At(theta),
        };
        draft.Problem.Descend(SmileIterations, SmileTolerance);
    }

    private static bool ExpelOutliers(Draft draft, SurfaceParameters parameters)
    {
        var points = draft.Quotes.Points;
        var most = points.Targets / 10;
        var expelled = 0;
        while (expelled < most)
        {
            var worst = -1;
            var depth = parameters.OutlierHalfBands;
            for (var i = 0; i < points.Count; i++)
            {
                if (!(points.Pull[i] > 0))
                {
                    continue;
                }

                var stdDev = Math.Sqrt(draft.Problem!.Best.TotalVariance(points.K[i]));
                var target = points.Target[i];
                var distance = Math.Abs(stdDev - target);
                if (distance > parameters.OutlierRelativeVol * target && distance * points.InverseWidth[i] > depth)
                {
                    depth = distance * points.InverseWidth[i];
                    worst = i;
                }
            }

            if (worst < 0)
            {
                break;
            }

            draft.Quotes.Expel(worst);
            expelled++;
        }

        return expelled > 0;
    }

    /// <returns>rounds of the joint fit</returns>
    private static int FitTogether(SmileProblem[] problems, bool calendar, SurfaceParameters parameters, ImmutableArray<Refusal>.Builder notes)
    {
        var spreads = problems.Select(p => Math.Sqrt(p.Best.TotalVariance(0))).ToArray();
        var alone = problems.Select(p => p.Best).ToArray();
        var rounds = 0;

        // The smiles fitted alone can lie far outside the conditions; where the way back fails, start inside them.
        for (var start = 0; start < 3; start++)
        {
            for (var i = 0; i < problems.Length; i++)
            {
                problems[i].Best = alone[i];
            }

            if (start == 1)
            {
                MoveToEssvi(problems);
            }

            var joint = new SurfaceProblem(problems, spreads, calendar, parameters.ButterflyMargin, parameters.CalendarMargin, mostMending: start == 2 ? 1 : 3);
            for (var i = 0; i < ProofRounds; i++)
            {
                joint.Solve(JointRounds, JointTolerance, lookAhead: start == 1);
                if (calendar)
                {
                    Lift(problems, parameters.CalendarMargin);
                }

                if (Prove(problems, joint, calendar) == 0)
                {
                    return rounds + joint.Rounds;
                }
            }

            rounds += joint.Rounds;
        }

        for (var i = 0; i < problems.Length; i++)
        {
            problems[i].Best = alone[i];
        }

        MoveToEssvi(problems);
        if (Prove(problems, null, calendar) == 0)
        {
            notes.Add(new Refusal("essvi-fallback", $"after {rounds} rounds the joint fit still had arbitrage: eSSVI smiles that meet its sufficient conditions stand in"));
            return rounds;
        }

        MoveToFlat(problems);
        notes.Add(new Refusal("flat-fallback", $"after {rounds} rounds the joint fit still had arbitrage, and so had eSSVI smiles up to rounding: flat smiles stand in"));
        return rounds;
    }

    /// <summary>Mends what rounding and the grids leave: lifts later smiles by less than a thousandth of their total variance where the order is short of proven.</summary>
    private static void Lift(SmileProblem[] problems, double margin)
    {
        for (var i = 0; i + 1 < problems.Length; i++)
        {
            var earlier = problems[i].Best;
            var later = problems[i + 1].Best;
            var right = Math.Max(later.B + later.C, (earlier.B + earlier.C) * (1 + (0.01 * margin)));
            var left = Math.Max(later.B - later.C, (earlier.B - earlier.C) * (1 + (0.01 * margin)));
            if (right + left <= 2 * later.B * (1 + 1e-3))
            {
                later.B = 0.5 * (right + left);
                later.C = 0.5 * (right - left);
            }

            var lifted = 0.0;
            for (var attempt = 0; attempt < 6; attempt++)
            {
                var proof = CalendarCheck.Prove(earlier.ToRaw(), later.ToRaw());
                if (proof.Proven)
                {
                    problems[i + 1].Best = later;
                    break;
                }

                var amount = Math.Max(-proof.Least, 0) + (0.1 * margin * later.TotalVariance(proof.K));
                lifted += amount;
                if (!(lifted <= 1e-3 * later.TotalVariance(0)))
                {
                    break;
                }

                later.A += amount;
            }
        }
    }

    /// <summary>Proves the present smiles; failures become conditions of the joint fit.</summary>
    private static int Prove(SmileProblem[] problems, SurfaceProblem? joint, bool calendar)
    {
        var failures = 0;
        for (var i = 0; i < problems.Length; i++)
        {
            var smile = problems[i].Best.ToRaw();
            var butterfly = ButterflyCheck.Prove(smile);
            if (!butterfly.Proven)
            {
                failures++;
                if (double.IsFinite(butterfly.K))
                {
                    joint?.Demand(new ConstraintPlace(ConstraintKind.Butterfly, i, butterfly.K));
                }
            }

            if (!calendar || i + 1 == problems.Length)
            {
                continue;
            }

            var order = CalendarCheck.Prove(smile, problems[i + 1].Best.ToRaw());
            if (!order.Proven)
            {
                failures++;
                joint?.Demand(new ConstraintPlace(ConstraintKind.Calendar, i, order.K));
                joint?.Demand(new ConstraintPlace(ConstraintKind.LeftOrder, i, 0));
                joint?.Demand(new ConstraintPlace(ConstraintKind.RightOrder, i, 0));
            }
        }

        return failures;
    }

    /// <summary>eSSVI smiles nearest in level, skew and slopes that meet the sufficient conditions one after the other.</summary>
    /// <remarks>Corbetta, Cohort, Laachir and Martini (2019): theta up, |chi2 - chi1| at most psi2 - psi1, psi / theta down; butterfly: psi + |chi| below 4 and psi^2 (1 + |rho|) at most 4 theta.</remarks>
    private static void MoveToEssvi(SmileProblem[] problems)
    {
        double theta0 = 0, psi0 = 0, chi0 = 0;
        foreach (var problem in problems)
        {
            var raw = problem.Best.ToRaw();
            var at = raw.Derivatives(0);
            var theta = Math.Max(double.IsFinite(at.W) ? at.W : 0, Math.Max(theta0 * (1 + 1e-4), problem.Box.LeastW));
            var chi = double.IsFinite(at.W1) ? at.W1 : 0;
            var psi = double.IsFinite(raw.B) ? 2 * raw.B : 0;

            // |rho| at most 0.95 keeps both slopes above 0; psi^2 (1 + |rho|) <= 4 theta holds with room for every rho at psi <= 1.35 sqrt(theta).
            var most = Math.Min(1.35 * Math.Sqrt(theta), 1.9);
            if (theta0 > 0)
            {
                most = Math.Min(most, psi0 * theta / theta0);
            }

            most = Math.Max(most, psi0);
            chi = Math.Clamp(chi, chi0 - (most - psi0), chi0 + (most - psi0));
            chi = chi0 + (0.999 * (chi - chi0));
            psi = Math.Max(Math.Min(psi, most), psi0 + Math.Abs(chi - chi0));
            psi = Math.Max(psi, 1e-6 * Math.Sqrt(theta));
            chi = Math.Clamp(chi, -0.95 * psi, 0.95 * psi);
            problem.Best = SviPoint.From(new SsviSlice(theta, chi / psi, psi / theta).ToRaw());
            (theta0, psi0, chi0) = (theta, psi, chi);
        }
    }

    /// <summary>Flat smiles of rising level: free of arbitrage whatever the quotes.</summary>
    private static void MoveToFlat(SmileProblem[] problems)
    {
        var least = 0.0;
        foreach (var problem in problems)
        {
            least = Math.Max(least, Math.Max(problem.Best.TotalVariance(0), problem.Box.LeastW));
            problem.Best = SviPoint.From(RawSvi.Flat(least));
        }
    }

    private static void NoteQuoteShare(Draft[] drafts, SurfaceParameters parameters, ImmutableArray<Refusal>.Builder notes)
    {
        var near = 0;
        var two = 0;
        foreach (var draft in drafts)
        {
            if (draft.Problem is null)
            {
                continue;
            }

            var spread = Math.Sqrt(draft.Problem.Best.TotalVariance(0));
            foreach (var verdict in draft.Quotes.Verdicts)
            {
                if (Math.Abs(verdict.K) <= spread)
                {
                    near++;
                    two += verdict.IsTwoSided ? 1 : 0;
                }
            }
        }

        if (near > 0 && two < parameters.LeastTwoSidedShare * near)
        {
            notes.Add(new Refusal("quote-outage", $"{two} of {near} options within one standard deviation of the forward are two-sided; {parameters.LeastTwoSidedShare:P0} is required"));
        }
    }

    private static SurfaceFit Report(
        UnderlyingBoard board,
        DateTimeOffset at,
        SurfaceParameters parameters,
        VolSurface? previous,
        Draft[] drafts,
        Draft[] fitted,
        int rounds,
        ImmutableArray<Refusal>.Builder notes)
    {
        var smiles = fitted.Select(d => d.ToSlice()).ToArray();
        var age = TimeSpan.Zero;
        VolSurface? surface = null;
        if (smiles.Length > 0)
        {
            surface = new VolSurface(board.Id, at, smiles, parameters.Hash());
        }
        else if (previous is not null && (at - previous.At).TotalHours <= parameters.MaxCarryHours)
        {
            surface = previous;
            age = at - previous.At;
            notes.Add(new Refusal("last-good", $"no expiry of {board.Id} could be fitted: the surface of {previous.At.ToIso()} stands"));
        }
        else
        {
            notes.Add(new Refusal("no-surface", $"no expiry of {board.Id} could be fitted and there is no previous surface of the last {parameters.MaxCarryHours} hours"));
        }

        var check = surface is null ? null : SurfaceCheck.Run(surface);
        for (var i = 0; i < fitted.Length; i++)
        {
            fitted[i].MinG = check!.Minima[i].G;
        }

        return new SurfaceFit
        {
            Underlying = board.Id,
            At = at,
            Surface = surface,
            Slices = [.. drafts.Select(d => d.ToSliceFit())],
            CalendarViolations = check?.CalendarViolations ?? 0,
            ButterflyViolations = check?.ButterflyViolations ?? 0,
            Degraded = notes.ToImmutable(),
            JointRounds = rounds,
            Age = age,
        };
    }

    /// <summary>ATM total variance read off the targets: linear in k between the two around the money, else the nearest.</summary>
    private static double LevelAtMoney(SmilePoints points)
    {
        double below = double.NegativeInfinity, above = double.PositiveInfinity, belowW = 0, aboveW = 0;
        for (var i = 0; i < points.Count; i++)
        {
            if (!(points.Pull[i] > 0))
            {
                continue;
            }

            var k = points.K[i];
            var w = points.Target[i] * points.Target[i];
            if (k <= 0 && k > below)
            {
                (below, belowW) = (k, w);
            }

            if (k >= 0 && k < above)
            {
                (above, aboveW) = (k, w);
            }
        }

        if (double.IsInfinity(below))
        {
            return aboveW;
        }

        if (double.IsInfinity(above))
        {
            return belowW;
        }

        return above > below ? belowW + ((aboveW - belowW) * (-below / (above - below))) : belowW;
    }

    /// <summary>Work on one expiry.</summary>
    private sealed class Draft(SmileQuotes quotes)
    {
        public SmileQuotes Quotes { get; } = quotes;

        public SmileProblem? Problem { get; set; }

        public List<Refusal> Degraded { get; } = [];

        public DateTimeOffset? CarriedFrom { get; set; }

        public void Note(string code, string message) => Degraded.Add(new Refusal(code, message));

        public double? MinG { get; set; }

        public VolSlice ToSlice() => new(Quotes.Board.Expiry, Quotes.Years, Quotes.Forward!.Value, Problem!.Best.ToRaw());

        public SliceFit ToSliceFit()
        {
            var counts = new int[QuarantineReasons.Count];
            var inScope = 0;
            var inside = 0;
            var middles = 0;
            var squares = 0.0;
            var smile = Problem?.Best.ToRaw();
            var rootYears = Math.Sqrt(Math.Max(Quotes.Years, 0));
            foreach (var verdict in Quotes.Verdicts)
            {
                counts[(int)verdict.Reason]++;
                if (smile is not { } s || !verdict.IsUsed || !verdict.IsTwoSided)
                {
                    continue;
                }

                var stdDev = Math.Sqrt(s.TotalVariance(verdict.K));
                if (Math.Abs((-verdict.K / stdDev) + (0.5 * stdDev)) > ScopeD1)
                {
                    continue;
                }

                // Price rises with standard deviation, so inside in price is inside in standard deviation.
                inScope++;
                inside += stdDev >= verdict.BidStdDev * (1 - 1e-12) && stdDev <= verdict.AskStdDev * (1 + 1e-12) ? 1 : 0;
                if (verdict.BidStdDev > 0 && double.IsFinite(verdict.AskStdDev))
                {
                    var error = (stdDev - (0.5 * (verdict.BidStdDev + verdict.AskStdDev))) / rootYears;
                    squares += error * error;
                    middles++;
                }
            }

            var quarantined = ImmutableSortedDictionary.CreateBuilder<string, int>(StringComparer.Ordinal);
            for (var i = 1; i < counts.Length; i++)
            {
                if (counts[i] > 0)
                {
                    quarantined.Add(((QuarantineReason)i).Code(), counts[i]);
                }
            }

            return new SliceFit
            {
                Expiry = Quotes.Board.Expiry,
                Years = Quotes.Years,
                Forward = Quotes.Forward,
                ForwardSource = Quotes.ForwardSource,
                Slice = smile is null ? null : ToSlice(),
                Seen = Quotes.Verdicts.Length,
                Used = counts[0],
                Quarantined = quarantined.ToImmutable(),
                InScope = inScope,
                Inside = inside,
                RmseVol = middles > 0 ? Math.Sqrt(squares / middles) : null,
                MinG = MinG,
                Degraded = [.. Degraded],
                Quotes = [.. Quotes.Verdicts],
            };
        }
    }
}
