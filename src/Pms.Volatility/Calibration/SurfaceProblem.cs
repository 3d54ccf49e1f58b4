namespace Pms.Volatility.Calibration;

/// <summary>All smiles of one underlying together: least cost subject to no butterfly and no calendar arbitrage.</summary>
/// <remarks>
/// Sequential quadratic programming. Each round takes the Gauss-Newton matrix of every smile (5 x 5 blocks), the conditions that are broken or
/// nearly so on the grids made linear, and solves the quadratic programme in its dual, whose size is the number of active conditions. Places
/// where a condition breaks are collected between rounds (cutting planes).
/// </remarks>
internal sealed class SurfaceProblem(SmileProblem[] smiles, double[] spreads, bool calendar, double butterflyMargin, double calendarMargin, double mostMending)
{
    private const int MaxPlaces = 400;
    private const int MostBoxConditions = 6;
    private const int MaxActive = 96;
    private const int MostAttempts = 8;
    private const int MostLookAheads = 14;

    private readonly List<ConstraintPlace> _places = [];
    private readonly List<int> _idle = [];
    private readonly SviPoint[] _points = new SviPoint[smiles.Length];
    private readonly SviPoint[] _trial = new SviPoint[smiles.Length];
    private readonly double[] _gradients = new double[5 * smiles.Length];
    private readonly double[] _matrices = new double[15 * smiles.Length];
    private readonly double[] _factors = new double[15 * smiles.Length];
    private readonly double[] _free = new double[5 * smiles.Length];
    private readonly double[] _step = new double[5 * smiles.Length];
    private LinearConstraint[] _linear = new LinearConstraint[64];
    private readonly double[] _multipliers = new double[MaxPlaces + (MostBoxConditions * smiles.Length)];
    private readonly List<int> _active = [];
    private double[]? _gram;
    private readonly double[] _solution = new double[MaxActive];
    private int _linearCount;

    public int Rounds { get; private set; }

    /// <summary>Looks at every smile and every neighbouring pair; remembers where a condition fails.</summary>
    /// <returns>number of failures seen</returns>
    public int CollectViolations()
    {
        Span<double> k = stackalloc double[ArbitrageGrid.Size];
        Span<double> value = stackalloc double[ArbitrageGrid.Size];
        var seen = 0;
        for (var i = 0; i < smiles.Length; i++)
        {
            var p = smiles[i].Best;
            ArbitrageGrid.Fill(0, spreads[i], k);
            ArbitrageGrid.Butterfly(p, k, value);
            seen += CollectMinima(ConstraintKind.Butterfly, i, k, value, 0.5 * butterflyMargin, spreads[i]);
            ArbitrageGrid.Fill(p.M, p.S, k);
            ArbitrageGrid.Butterfly(p, k, value);
            seen += CollectMinima(ConstraintKind.Butterfly, i, k, value, 0.5 * butterflyMargin, Math.Min(spreads[i], p.S));
            if (!calendar || i + 1 == smiles.Length)
            {
                continue;
            }

            var q = smiles[i + 1].Best;
            ArbitrageGrid.Fill(0, spreads[i], k);
            ArbitrageGrid.Distance(p, q, k, value);
            seen += CollectCalendar(i, p, k, value);
            ArbitrageGrid.Fill(q.M, q.S, k);
            ArbitrageGrid.Distance(p, q, k, value);
            seen += CollectCalendar(i, p, k, value);
            if (q.B - q.C < (p.B - p.C) * (1 + (0.5 * calendarMargin)))
            {
                seen += Remember(new ConstraintPlace(ConstraintKind.LeftOrder, i, 0), 0, 0);
            }

            if (q.B + q.C < (p.B + p.C) * (1 + (0.5 * calendarMargin)))
            {
                seen += Remember(new ConstraintPlace(ConstraintKind.RightOrder, i, 0), 0, 0);
            }
        }

        return seen;
    }

    /// <summary>Adds a place found by a proof.</summary>
    public void Demand(ConstraintPlace place) => Remember(place, 1e-7 * spreads[place.Slice], 0);

    /// <summary>Rounds until nothing is broken and the cost has settled.</summary>
    /// <param name="maxRounds">bound</param>
    /// <param name="tolerance">relative change of cost that counts as settled</param>
    /// <param name="lookAhead">
    /// for a start inside the conditions: descends even though nothing is broken yet, and asks of every step what it would break before taking it
    /// </param>
    /// <returns>whether the grids show no violation at the end</returns>
    public bool Solve(int maxRounds, double tolerance, bool lookAhead)
    {
        var seen = CollectViolations();
        if (seen == 0 && _places.Count == 0 && !lookAhead)
        {
            return true;
        }

        var damping = lookAhead ? 1e-2 : 1e-4;
        var lastCost = double.PositiveInfinity;
        for (var round = 0; round < maxRounds; round++)
        {
            Rounds++;
            var cost = 0.0;
            for (var i = 0; i < smiles.Length; i++)
            {
                _points[i] = smiles[i].Best;
                cost += smiles[i].Normal(_points[i], _gradients.AsSpan(5 * i, 5), _matrices.AsSpan(15 * i, 15));
            }

            if (seen == 0 && Math.Abs(lastCost - cost) <= tolerance * cost)
            {
                return true;
            }

            lastCost = cost;
            var moved = false;
            var attempts = lookAhead ? MostLookAheads : MostAttempts;
            for (var attempt = 1; attempt <= attempts && !moved; attempt++)
            {
                if (!Factor(damping))
                {
                    damping = Math.Max(damping * 10, 1e-6);
                    continue;
                }

                LineariseAll();
                SolveDual();
                var merit = cost + Penalty(_points);
                var trialCost = 0.0;
                for (var i = 0; i < smiles.Length; i++)
                {
                    _trial[i] = _points[i].Step(_step.AsSpan(5 * i, 5), smiles[i].Box);
                    trialCost += smiles[i].Cost(_trial[i]);
                }

                var trialMerit = trialCost + Penalty(_trial);
                if (lookAhead && BreaksNewPlaces())
                {
                    continue;
                }

                if (trialMerit <= merit * (1 + 1e-12) || (attempt == attempts && !lookAhead))
                {
                    moved = true;
                    damping = Math.Max(damping * 0.2, 1e-7);
                    SetBest(_trial);
                }
                else
                {
                    damping = Math.Max(damping * 10, 1e-5);
                }
            }

            Forget();
            seen = CollectViolations();
            if (!moved && lookAhead)
            {
                damping = Math.Min(damping * 10, 1e3);
            }
        }

        return seen == 0;
    }

    /// <summary>Whether the trial breaks conditions at places not yet known; they are known afterwards.</summary>
    private bool BreaksNewPlaces()
    {
        var known = _places.Count;
        SetBest(_trial);
        CollectViolations();
        SetBest(_points);
        return _places.Count > known;
    }

    private void SetBest(SviPoint[] points)
    {
        for (var i = 0; i < smiles.Length; i++)
        {
            smiles[i].Best = points[i];
        }
    }

    private int CollectMinima(ConstraintKind kind, int slice, ReadOnlySpan<double> k, ReadOnlySpan<double> value, double floor, double spread)
    {
        var seen = 0;
        for (var i = 0; i < value.Length; i++)
        {
            if (value[i] >= floor)
            {
                continue;
            }

            if ((i == 0 || value[i] <= value[i - 1]) && (i + 1 == value.Length || value[i] < value[i + 1]))
            {
                seen++;
                var at = i > 0 && i + 1 < value.Length ? Bottom(kind, slice, k[i - 1], k[i + 1]) : k[i];
                Remember(new ConstraintPlace(kind, slice, at), 0.003 * spread, 0.003);
            }
        }

        return seen;
    }

    /// <summary>The local minimum between two grid points, by a few steps of bisection with the secant of the derivative.</summary>
    private double Bottom(ConstraintKind kind, int slice, double low, double high)
    {
        var mine = smiles[slice].Best.ToRaw();
        var next = kind == ConstraintKind.Calendar ? smiles[slice + 1].Best.ToRaw() : mine;
        var atLow = Slope(low);
        var atHigh = Slope(high);
        if (!(atLow < 0 && atHigh > 0))
        {
            return 0.5 * (low + high);
        }

        var k = 0.5 * (low + high);
        for (var i = 0; i < 5; i++)
        {
            var at = Slope(k);
            if (at < 0)
            {
                (low, atLow) = (k, at);
            }
            else
            {
                (high, atHigh) = (k, at);
            }

            var secant = low - (atLow * (high - low) / (atHigh - atLow));
            k = secant > low && secant < high ? secant : 0.5 * (low + high);
        }

        return k;

        double Slope(double x)
        {
            var d = mine.Derivatives(x);
            return kind == ConstraintKind.Calendar ? (next.Derivatives(x).W1 * d.W) - (next.TotalVariance(x) * d.W1) : d.ButterflySlope(x);
        }
    }

    private int CollectCalendar(int slice, in SviPoint earlier, ReadOnlySpan<double> k, Span<double> distance)
    {
        for (var i = 0; i < distance.Length; i++)
        {
            distance[i] /= earlier.TotalVariance(k[i]);
        }

        return CollectMinima(ConstraintKind.Calendar, slice, k, distance, 0.5 * calendarMargin, spreads[slice]);
    }

    private int Remember(ConstraintPlace place, double near, double nearRelative)
    {
        for (var i = 0; i < _places.Count; i++)
        {
            var known = _places[i];
            if (known.Kind == place.Kind && known.Slice == place.Slice && Math.Abs(known.K - place.K) <= Math.Max(near, nearRelative * Math.Abs(place.K)))
            {
                // The bottom moves a little with every round: follow it.
                _places[i] = place;
                _idle[i] = 0;
                return 1;
            }
        }

        if (_places.Count < MaxPlaces)
        {
            _places.Add(place);
            _idle.Add(0);
        }

        return 1;
    }

    /// <summary>Forgets places that have not mattered for some rounds.</summary>
    private void Forget()
    {
        var kept = 0;
        for (var j = 0; j < _places.Count; j++)
        {
            var idle = _multipliers[j] > 0 ? 0 : _idle[j] + 1;
            if (idle <= 4)
            {
                _places[kept] = _places[j];
                _idle[kept++] = idle;
            }
        }

        _places.RemoveRange(kept, _places.Count - kept);
        _idle.RemoveRange(kept, _idle.Count - kept);
    }

    private bool Factor(double damping)
    {
        for (var i = 0; i < smiles.Length; i++)
        {
            if (!Cholesky5.Factor(_matrices.AsSpan(15 * i, 15), damping, _factors.AsSpan(15 * i, 15)))
            {
                return false;
            }

            var free = _free.AsSpan(5 * i, 5);
            for (var j = 0; j < 5; j++)
            {
                free[j] = -_gradients[(5 * i) + j];
            }

            Cholesky5.Solve(_factors.AsSpan(15 * i, 15), free);
        }

        return true;
    }

    private void LineariseAll()
    {
        var needed = _places.Count + (MostBoxConditions * smiles.Length);
        if (_linear.Length < needed)
        {
            Array.Resize(ref _linear, needed + 32);
        }

        _linearCount = 0;
        foreach (var place in _places)
        {
            Append(place);
        }

        for (var i = 0; i < smiles.Length; i++)
        {
            // Box conditions join only near their bound; the step is clipped to the box in any case.
            var p = _points[i];
            var slopeSize = Math.Max(p.B, 1e-12);
            if (p.B - p.C < 0.5 * slopeSize)
            {
                Append(new ConstraintPlace(ConstraintKind.LeftPositive, i, 0));
            }

            if (p.B + p.C < 0.5 * slopeSize)
            {
                Append(new ConstraintPlace(ConstraintKind.RightPositive, i, 0));
            }

            if (p.B - p.C > 0.5 * smiles[i].Box.MostSlope)
            {
                Append(new ConstraintPlace(ConstraintKind.LeftBound, i, 0));
            }

            if (p.B + p.C > 0.5 * smiles[i].Box.MostSlope)
            {
                Append(new ConstraintPlace(ConstraintKind.RightBound, i, 0));
            }

            if (p.S < 20 * smiles[i].Box.LeastS)
            {
                Append(new ConstraintPlace(ConstraintKind.SigmaFloor, i, 0));
            }

            if (p.LeastTotalVariance < 0.2 * spreads[i] * spreads[i])
            {
                Append(new ConstraintPlace(ConstraintKind.VarianceFloor, i, 0));
            }
        }
    }

    private void Append(ConstraintPlace place)
    {
        ref var row = ref _linear[_linearCount++];
        row = default;
        row.Slice = place.Slice;
        var p = _points[place.Slice];
        switch (place.Kind)
        {
            case ConstraintKind.Butterfly:
                row.Value = ButterflyRow(p, place.K, ref row.Mine) - butterflyMargin;
                break;
            case ConstraintKind.Calendar:
                row.HasNext = true;
                var earlier = VarianceRow(p, place.K, ref row.Mine);
                row.Value = VarianceRow(_points[place.Slice + 1], place.K, ref row.Next) - (earlier * (1 + calendarMargin));
                for (var j = 0; j < 5; j++)
                {
                    row.Mine[j] = -row.Mine[j] * (1 + calendarMargin);
                }

                break;
            case ConstraintKind.LeftOrder:
            case ConstraintKind.RightOrder:
                row.HasNext = true;
                var sign = place.Kind == ConstraintKind.RightOrder ? 1 : -1;
                var q = _points[place.Slice + 1];
                row.Value = q.B + (sign * q.C) - ((p.B + (sign * p.C)) * (1 + calendarMargin));
                row.Mine[1] = -(1 + calendarMargin);
                row.Mine[2] = -sign * (1 + calendarMargin);
                row.Next[1] = 1;
                row.Next[2] = sign;
                break;
            case ConstraintKind.LeftPositive:
                row.Value = p.B - p.C;
                row.Mine[1] = 1;
                row.Mine[2] = -1;
                break;
            case ConstraintKind.RightPositive:
                row.Value = p.B + p.C;
                row.Mine[1] = 1;
                row.Mine[2] = 1;
                break;
            case ConstraintKind.LeftBound:
                row.Value = smiles[place.Slice].Box.MostSlope - (p.B - p.C);
                row.Mine[1] = -1;
                row.Mine[2] = 1;
                break;
            case ConstraintKind.RightBound:
                row.Value = smiles[place.Slice].Box.MostSlope - (p.B + p.C);
                row.Mine[1] = -1;
                row.Mine[2] = -1;
                break;
            case ConstraintKind.SigmaFloor:
                row.Value = p.S - smiles[place.Slice].Box.LeastS;
                row.Mine[4] = 1;
                break;
            case ConstraintKind.VarianceFloor:
                var root = Math.Sqrt(Math.Max((p.B - p.C) * (p.B + p.C), 1e-12 * p.B * p.B)) + 1e-300;
                row.Value = p.LeastTotalVariance - smiles[place.Slice].Box.LeastW;
                row.Mine[0] = 1;
                row.Mine[1] = p.S * p.B / root;
                row.Mine[2] = -p.S * p.C / root;
                row.Mine[4] = root;
                break;
            default:
                throw new InvalidOperationException($"{place.Kind} is not a condition of the fit");
        }

        row.MineSolved = row.Mine;
        Cholesky5.Solve(_factors.AsSpan(15 * row.Slice, 15), row.MineSolved);
        var norm = Dot(row.Mine, row.MineSolved);
        if (row.HasNext)
        {
            row.NextSolved = row.Next;
            Cholesky5.Solve(_factors.AsSpan(15 * (row.Slice + 1), 15), row.NextSolved);
            norm += Dot(row.Next, row.NextSolved);
        }

        // Unit length in the metric of the cost: broken conditions compare by how much cost it takes to mend them.
        row.Scale = 1 / Math.Sqrt(norm + 1e-300);
        // A round may pay about half of mostMending squared for each broken condition, so that a far start is led back along the curved
        // conditions instead of being thrown across them by their tangents.
        row.Value = Math.Max(row.Value * row.Scale, -mostMending);
        for (var j = 0; j < 5; j++)
        {
            row.Mine[j] *= row.Scale;
            row.Next[j] *= row.Scale;
            row.MineSolved[j] *= row.Scale;
            row.NextSolved[j] *= row.Scale;
        }
    }

    /// <summary>Non-negative multipliers by an active set (Lawson and Hanson); a small ridge keeps it soluble when conditions repeat or conflict.</summary>
    private void SolveDual()
    {
        const double ridge = 1e-9;
        _active.Clear();
        Array.Clear(_multipliers);
        _free.AsSpan().CopyTo(_step);
        Span<double> gram = _gram ??= new double[MaxActive * MaxActive];
        Span<double> solution = _solution;
        var budget = 4 * MaxActive;
        while (budget-- > 0 && _active.Count < MaxActive)
        {
            var worst = -1;
            var depth = -1e-9;
            for (var j = 0; j < _linearCount; j++)
            {
                if (_multipliers[j] > 0)
                {
                    continue;
                }

                var slack = _linear[j].Value + Move(_linear[j]);
                if (slack < depth)
                {
                    depth = slack;
                    worst = j;
                }
            }

            if (worst < 0 || _active.Contains(worst))
            {
                return;
            }

            _active.Add(worst);
            while (budget-- > 0)
            {
                var n = _active.Count;
                for (var r = 0; r < n; r++)
                {
                    for (var c = 0; c <= r; c++)
                    {
                        gram[(r * MaxActive) + c] = Product(_linear[_active[r]], _linear[_active[c]]);
                    }

                    gram[(r * MaxActive) + r] += ridge;
                    solution[r] = -(_linear[_active[r]].Value + FreeMove(_linear[_active[r]]));
                }

                SolveSymmetric(gram, n, solution);

                // Walk from the present multipliers to the new ones, stopping where the first would turn negative.
                var share = 1.0;
                var leaving = -1;
                for (var r = 0; r < n; r++)
                {
                    if (solution[r] <= 0)
                    {
                        var old = _multipliers[_active[r]];
                        var s = old / (old - solution[r]);
                        if (leaving < 0 || s < share)
                        {
                            share = s;
                            leaving = r;
                        }
                    }
                }

                for (var r = 0; r < n; r++)
                {
                    ref var multiplier = ref _multipliers[_active[r]];
                    multiplier += share * (solution[r] - multiplier);
                }

                if (leaving < 0)
                {
                    break;
                }

                _multipliers[_active[leaving]] = 0;
                _active.RemoveAt(leaving);
                if (_active.Count == 0)
                {
                    break;
                }
            }

            _free.AsSpan().CopyTo(_step);
            foreach (var j in _active)
            {
                ref var row = ref _linear[j];
                var multiplier = _multipliers[j];
                for (var i = 0; i < 5; i++)
                {
                    _step[(5 * row.Slice) + i] += multiplier * row.MineSolved[i];
                    if (row.HasNext)
                    {
                        _step[(5 * row.Slice) + 5 + i] += multiplier * row.NextSolved[i];
                    }
                }
            }
        }
    }

    /// <summary>Exact penalty: broken conditions at a price above their multipliers.</summary>
    private double Penalty(SviPoint[] points)
    {
        var total = 0.0;
        var scratch = default(Row5);
        for (var j = 0; j < _places.Count; j++)
        {
            var place = _places[j];
            var p = points[place.Slice];
            var value = place.Kind switch
            {
                ConstraintKind.Butterfly => ButterflyRow(p, place.K, ref scratch) - butterflyMargin,
                ConstraintKind.Calendar => points[place.Slice + 1].TotalVariance(place.K) - (p.TotalVariance(place.K) * (1 + calendarMargin)),
                ConstraintKind.LeftOrder => points[place.Slice + 1].B - points[place.Slice + 1].C - ((p.B - p.C) * (1 + calendarMargin)),
                ConstraintKind.RightOrder => points[place.Slice + 1].B + points[place.Slice + 1].C - ((p.B + p.C) * (1 + calendarMargin)),
                _ => 0,
            };
            total += Math.Max(0, -value * _linear[j].Scale) * ((2 * _multipliers[j]) + 1);
        }

        return total;
    }

    private double Move(in LinearConstraint row) => Along(row, _step);

    private double FreeMove(in LinearConstraint row) => Along(row, _free);

    private static double Along(in LinearConstraint row, double[] step)
    {
        var at = 5 * row.Slice;
        var sum = 0.0;
        for (var i = 0; i < 5; i++)
        {
            sum += row.Mine[i] * step[at + i];
        }

        if (row.HasNext)
        {
            for (var i = 0; i < 5; i++)
            {
                sum += row.Next[i] * step[at + 5 + i];
            }
        }

        return sum;
    }

    private static double Product(in LinearConstraint x, in LinearConstraint y)
    {
        var sum = 0.0;
        if (x.Slice == y.Slice)
        {
            sum += Dot(x.Mine, y.MineSolved);
            if (x.HasNext && y.HasNext)
            {
                sum += Dot(x.Next, y.NextSolved);
            }
        }
        else if (x.HasNext && x.Slice + 1 == y.Slice)
        {
            sum += Dot(x.Next, y.MineSolved);
        }
        else if (y.HasNext && y.Slice + 1 == x.Slice)
        {
            sum += Dot(x.Mine, y.NextSolved);
        }

        return sum;
    }

    private static double Dot(in Row5 x, in Row5 y) => (x[0] * y[0]) + (x[1] * y[1]) + (x[2] * y[2]) + (x[3] * y[3]) + (x[4] * y[4]);

    private static void SolveSymmetric(Span<double> matrix, int n, Span<double> x)
    {
        for (var i = 0; i < n; i++)
        {
            for (var j = 0; j <= i; j++)
            {
                var sum = matrix[(i * MaxActive) + j];
                for (var l = 0; l < j; l++)
                {
                    sum -= matrix[(i * MaxActive) + l] * matrix[(j * MaxActive) + l];
                }

                matrix[(i * MaxActive) + j] = i == j ? Math.Sqrt(Math.Max(sum, 1e-12)) : sum / matrix[(j * MaxActive) + j];
            }
        }

        for (var i = 0; i < n; i++)
        {
            for (var l = 0; l < i; l++)
            {
                x[i] -= matrix[(i * MaxActive) + l] * x[l];
            }

            x[i] /= matrix[(i * MaxActive) + i];
        }

        for (var i = n - 1; i >= 0; i--)
        {
            for (var l = i + 1; l < n; l++)
            {
                x[i] -= matrix[(l * MaxActive) + i] * x[l];
            }

            x[i] /= matrix[(i * MaxActive) + i];
        }
    }

    private static double VarianceRow(in SviPoint p, double k, ref Row5 row)
    {
        var y = k - p.M;
        var r = Math.Sqrt((y * y) + (p.S * p.S));
        row[0] = 1;
        row[1] = r;
        row[2] = y;
        row[3] = -(p.C + (p.B * y / r));
        row[4] = p.B * p.S / r;
        return p.A + (p.C * y) + (p.B * r);
    }

    /// <summary>g(k) and its derivatives in (A, B, C, M, S) through w, w' and w''.</summary>
    private static double ButterflyRow(in SviPoint p, double k, ref Row5 row)
    {
        var y = k - p.M;
        var s2 = p.S * p.S;
        var r2 = (y * y) + s2;
        var r = Math.Sqrt(r2);
        var inverseR = 1 / r;
        var inverseR3 = inverseR / r2;
        var w = p.A + (p.C * y) + (p.B * r);
        var w1 = p.C + (p.B * y * inverseR);
        var w2 = p.B * s2 * inverseR3;
        var inverseW = 1 / w;
        var t = 0.5 * k * w1 * inverseW;
        var toW = (2 * (1 - t) * t * inverseW) + (0.25 * w1 * w1 * inverseW * inverseW);
        var toW1 = -((1 - t) * k * inverseW) - (0.5 * w1 * (inverseW + 0.25));
        const double toW2 = 0.5;
        row[0] = toW;
        row[1] = (toW * r) + (toW1 * y * inverseR) + (toW2 * s2 * inverseR3);
        row[2] = (toW * y) + toW1;
        row[3] = (-toW * w1) - (toW1 * w2) + (toW2 * 3 * w2 * y / r2);
        row[4] = (toW * p.B * p.S * inverseR) - (toW1 * p.B * y * p.S * inverseR3) + (toW2 * p.B * ((2 * p.S * inverseR3) - (3 * s2 * p.S * inverseR3 / r2)));
        return ((1 - t) * (1 - t)) - (0.25 * w1 * w1 * (inverseW + 0.25)) + (0.5 * w2);
    }
}
