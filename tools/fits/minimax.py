"""Rational and polynomial minimax fits behind src/Pms.Numerics; prints the constants of ElementaryMath.cs and MillsRatio.cs.

M(z) = integral_0^inf exp(-z u - u^2/2) du = N(-z)/phi(z), and I_j(z) the same integral with u^j in front: I_0 = M, I_1 = 1 - z M,
I_{j+1} = j I_{j-1} - z I_j. Needs nothing but the standard library: decimals of 70 digits, a Remez exchange on the relative error.

    python3 tools/fits/minimax.py            all fits (some seconds)
    python3 tools/fits/minimax.py I3/I1           one of them
"""
import sys
from decimal import Decimal, getcontext

getcontext().prec = 70
D = Decimal
PI = D("3.14159265358979323846264338327950288419716939937510582097494459230781640628620899862803")
ROOT_HALF_PI = (PI / 2).sqrt()


def moments(z, count):
    """I_0 .. I_{count-1} at z."""
    if z < 3:
        # exp(z^2/2) sqrt(pi/2) minus the odd series: cancels a few digits of 70; the forward recurrence loses a few more.
        term, total, n = z, D(0), 0
        while abs(term) > D(10) ** -75 * max(abs(total), D(1)):
            total += term
            n += 1
            term = term * z * z / (2 * n + 1)
        values = [(z * z / 2).exp() * ROOT_HALF_PI - total]
        values.append(1 - z * values[0])
        for j in range(1, count - 1):
            values.append(j * values[j - 1] - z * values[j])
        return values[:count]
    # ratios I_j / I_{j-1} = j / (z + I_{j+1} / I_j): the minimal solution, run backwards
    depth = int(4000 / float(z)) + 200
    ratios = {}
    ratio = (-z + (z * z + 4 * depth).sqrt()) / 2
    for j in range(depth, 0, -1):
        ratio = j / (z + ratio)
        if j < count:
            ratios[j] = ratio
        if j == 1:
            r1 = ratio
    values = [1 / (z + r1)]
    for j in range(1, count):
        values.append(values[-1] * ratios[j])
    return values


def solve(a, b):
    n = len(b)
    a = [row[:] + [b[i]] for i, row in enumerate(a)]
    for c in range(n):
        p = max(range(c, n), key=lambda r: abs(a[r][c]))
        a[c], a[p] = a[p], a[c]
        inv = 1 / a[c][c]
        for r in range(c + 1, n):
            f = a[r][c] * inv
            if f:
                row, piv = a[r], a[c]
                for k in range(c, n + 1):
                    row[k] -= f * piv[k]
    x = [D(0)] * n
    for r in range(n - 1, -1, -1):
        x[r] = (a[r][n] - sum(a[r][k] * x[k] for k in range(r + 1, n))) / a[r][r]
    return x


def horner(c, z):
    v = c[-1]
    for k in reversed(c[:-1]):
        v = v * z + k
    return v


def remez(f, n, m, low, high, spread, grid_size=3000, rounds=40):
    """Type (n, m) rational with the least relative error on [low, high]; returns p, q (q[0] = 1), error."""
    c = spread  # Moebius variable y = (z - low - c) / (z - low + c) spreads the nodes
    ymax = (high - low - c) / (high - low + c)
    cos = __import__("math").cos
    def to_z(y):
        return low + c * (1 + y) / (1 - y)
    def cheb(i, count):
        t = D(repr(-cos(3.141592653589793 * i / count)))
        return to_z(min(max((t + 1) / 2 * (ymax + 1) - 1, D(-1)), ymax))
    grid = [cheb(i, grid_size) for i in range(grid_size + 1)]
    values = [f(z) for z in grid]
    count = n + m + 2
    # Start from the extremes of an interpolating rational: its error changes sign at every interpolation point.
    base = [round((i + 0.5) * grid_size / (count - 1)) for i in range(count - 1)]
    rows, rhs = [], []
    for g in base:
        z, v = grid[g], values[g]
        rows.append([z ** k for k in range(n + 1)] + [-v * z ** k for k in range(1, m + 1)])
        rhs.append(v)
    x = solve(rows, rhs)
    p, q = x[:n + 1], [D(1)] + x[n + 1:]
    e = [horner(p, z) / horner(q, z) / v - 1 for z, v in zip(grid, values)]
    cuts = [0] + base + [grid_size + 1]
    nodes = [max(range(cuts[i], max(cuts[i + 1], cuts[i] + 1)), key=lambda g: abs(e[g])) for i in range(count)]
    error = D(0)
    for _ in range(rounds):
        for _ in range(6):
            rows, rhs = [], []
            for i, g in enumerate(nodes):  # Newton on error * q
                z, v, s = grid[g], values[g], (-1) ** i
                row, zp = [], D(1)
                for _ in range(n + 1):
                    row.append(zp)
                    zp *= z
                zp = z
                for _ in range(m):
                    row.append(-v * (1 + s * error) * zp)
                    zp *= z
                row.append(-v * s * horner(q, z))
                rows.append(row)
                rhs.append(v * (1 + s * error))
            x = solve(rows, rhs)
            p, q, change = x[:n + 1], [D(1)] + x[n + 1:n + 1 + m], x[-1]
            error += change
            if abs(change) <= abs(error) * D("1e-8"):
                break
        e = [horner(p, z) / horner(q, z) / v - 1 for z, v in zip(grid, values)]
        extremes, best = [], 0
        for i in range(len(e)):
            if extremes and (e[i] > 0) == (e[extremes[-1]] > 0):
                if abs(e[i]) > abs(e[extremes[-1]]):
                    extremes[-1] = i
            else:
                extremes.append(i)
        worst = max(abs(v) for v in e)
        while len(extremes) > count:
            extremes.pop(0 if abs(e[extremes[0]]) < abs(e[extremes[-1]]) else -1)
        if len(extremes) < count:
            print(f"# lost alternation: {len(extremes)} of {count}, worst {float(worst):.2e}", file=sys.stderr)
            break
        if extremes == nodes or worst <= abs(error) * D("1.01"):
            break
        nodes = extremes
    return p, q, worst


def exp_tail(r):
    """(exp(r) - 1 - r) / r^2, by its series: |r| stays below 0.35."""
    total, term, n = D(0), D("0.5"), 2
    while abs(term) > D(10) ** -68:
        total += term
        n += 1
        term = term * r / n
    return total


def atanh_tail(w):
    """(2 atanh(s) / s - 2) / s^2 at w = s^2."""
    total, power, n = D(0), D(2), 3
    while power > D(10) ** -68:
        total += power / n
        n += 2
        power *= w
    return total


def sin_tail(w):
    """(sin(r) - r) / r^3 at w = r^2."""
    total, term, n = D(0), D(-1) / 6, 3
    while abs(term) > D(10) ** -68:
        total += term
        term = -term * w / ((n + 1) * (n + 2))
        n += 2
    return total


def cos_tail(w):
    """(cos(r) - 1 + r^2/2) / r^4 at w = r^2."""
    total, term, n = D(0), D(1) / 24, 4
    while abs(term) > D(10) ** -68:
        total += term
        term = -term * w / ((n + 1) * (n + 2))
        n += 2
    return total


def atan_tail(w):
    """(atan(s) / s - 1) / s^2 at w = s^2."""
    total, power, n = D(0), D(-1), 3
    while abs(power) > D(10) ** -68:
        total += power / n
        n += 2
        power = -power * w
    return total


FITS = {  # name: (function, numerator degree, denominator degree, low, high, spread of the first nodes)
    "exp": (exp_tail, 9, 0, "-0.3466", "0.3466", "0.3466"),
    "log": (atanh_tail, 6, 0, "0", "0.0401", "0.02"),
    "sin": (sin_tail, 5, 0, "0", "0.6169", "0.3"),
    "cos": (cos_tail, 5, 0, "0", "0.6169", "0.3"),
    "atan": (atan_tail, 10, 0, "0", "0.17158", "0.08"),
    "M": (lambda z: moments(z, 1)[0], 10, 11, "-1.0625", "41", "2"),
    "M upper": (lambda z: moments(z, 1)[0], 9, 10, "0", "41", "2"),
    "I1": (lambda z: moments(z, 2)[1], 9, 11, "0", "41", "2"),
    "I3/I1": (lambda z: (lambda v: v[3] / v[1])(moments(z, 4)), 7, 9, "0", "41", "2"),
    "I5/I1": (lambda z: (lambda v: v[5] / v[1])(moments(z, 6)), 4, 8, "0", "41", "2"),
    "I7/I1": (lambda z: (lambda v: v[7] / v[1])(moments(z, 8)), 2, 8, "0", "41", "2"),
}

if __name__ == "__main__":
    for spec in sys.argv[1:] or list(FITS):  # NAME or NAME:n:m:low:high:spread
        name, *changes = spec.split(":")
        f, n, m, low, high, spread = (list(FITS[name][:1]) + changes) if changes else FITS[name]
        p, q, worst = remez(f, int(n), int(m), D(low), D(high), D(spread))
        print(f"// {name} ({n},{m}) on [{low}, {high}]: relative error {float(worst):.2e}")
        for label, c in (("p", p), ("q", q)):
            print("//  ", label, ", ".join(repr(float(v)) for v in c), flush=True)
