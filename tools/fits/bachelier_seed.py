"""The start value of ImpliedVolKernels: Bachelier's formula inverted by a rational function of one variable.

With B(h) = phi(h) - h N(-h), value b at distance x is s B(x/s) for total deviation s. Choi, Kim and Kwak (2009) use the straddle
2 b + x and eta = r / atanh(r), r = x / (2 b + x); s = (2 b + x) sqrt(eta) R(eta). R is interpolated here at Chebyshev points.

    python3 tools/fits/bachelier_seed.py
"""
import math

from minimax import D, horner, moments, solve
from reference_vectors import phi


def point(h):
    h = D(h)
    value = phi(h) * moments(h, 2)[1] / h  # B(h)/h: phi - h N(-h) = phi (1 - h M)
    straddle = 2 * value + 1
    eta = straddle ** -1 / ((1 + 1 / value).ln() / 2)
    return eta, 1 / (h * straddle) / eta.sqrt()


def at_eta(target, low=1e-6, high=12.0):
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if point(middle)[0] > target else (low, middle)
    return point(low)


if __name__ == "__main__":
    lowest = float(point(12.0)[0])
    count = 7
    nodes = [at_eta(D(lowest + (1 - lowest) * (1 - math.cos(math.pi * (i + 0.5) / count)) / 2)) for i in range(count)]
    rows = [[e ** k for k in range(4)] + [-y * e ** k for k in range(1, 4)] for e, y in nodes]
    c = solve(rows, [y for _, y in nodes])
    p, q = c[:4], [D(1)] + c[4:]
    worst = max(abs(horner(p, e) / horner(q, e) / y - 1) for e, y in (point(0.01 + 0.06 * i) for i in range(200)))
    print(f"// (3,3) for h up to 12: relative error {float(worst):.1e}")
    print("// p", ", ".join(repr(float(v)) for v in p))
    print("// q", ", ".join(repr(float(v)) for v in q))
