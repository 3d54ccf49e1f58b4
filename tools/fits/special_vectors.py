"""Writes testdata/vectors/{special-functions,jump-models}.json. Needs mpmath, numpy and scipy, unlike its neighbours.

    python3 tools/fits/special_vectors.py

special-functions: mpmath at 40 digits. jump-models: SVCJ by another road than the project's: Gil-Pelaez's two integrals (not Lewis's one) over a
transform whose Riccati equation is integrated step by step (not in closed form); Merton by mpmath's sum at 40 digits.
"""
import json
import math
import os
import random

import mpmath as mp
import numpy as np

mp.mp.dps = 40
OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "testdata", "vectors")


def student_tail(t, nu):
    """P(T > t), t >= 0, from the incomplete beta function."""
    return mp.betainc(mp.mpf(nu) / 2, mp.mpf(1) / 2, 0, nu / (nu + mp.mpf(t) ** 2), regularized=True) / 2


def special():
    rng = random.Random(20261123)
    out = {k: [] for k in ("sin", "cos", "atan2", "logGamma", "gammaLower", "gammaUpper", "beta", "chiSquareInverse", "studentTail", "studentInverse")}
    for i in range(400):
        x = (rng.uniform(-10, 10), rng.uniform(-1e4, 1e4), rng.uniform(-1e9, 1e9), float(round(rng.uniform(-2000, 2000)) * mp.pi / 2), 10 ** rng.uniform(-12, 0))[i % 5]
        out["sin"].append([x, float(mp.sin(mp.mpf(x)))])
        out["cos"].append([x, float(mp.cos(mp.mpf(x)))])
        y, z = rng.choice((-1, 1)) * 10 ** rng.uniform(-6, 6), rng.choice((-1, 1)) * 10 ** rng.uniform(-6, 6)
        if i % 3 == 0:
            z = y * rng.uniform(-2, 2)
        out["atan2"].append([y, z, float(mp.atan2(mp.mpf(y), mp.mpf(z)))])
        g = 10 ** rng.uniform(-3, 4)
        out["logGamma"].append([g, float(mp.loggamma(mp.mpf(g)))])
        a = 10 ** rng.uniform(-1.5, 2.7)
        v = a * 10 ** rng.uniform(-1.2, 0.6) if i % 2 else max(a + rng.uniform(-4, 4) * a ** 0.5, 1e-3 * a)
        low, up = mp.gammainc(mp.mpf(a), 0, mp.mpf(v), regularized=True), mp.gammainc(mp.mpf(a), mp.mpf(v), mp.inf, regularized=True)
        if low > mp.mpf("1e-250"):
            out["gammaLower"].append([a, v, float(low)])
        if up > mp.mpf("1e-250"):
            out["gammaUpper"].append([a, v, float(up)])
        p, q, w = 10 ** rng.uniform(-1, 1.5), 10 ** rng.uniform(-1, 1.5), rng.uniform(0.001, 0.999)
        out["beta"].append([p, q, w, float(mp.betainc(mp.mpf(p), mp.mpf(q), 0, mp.mpf(w), regularized=True))])
    for i in range(200):
        nu = rng.choice((1, 2, 3, 4, 5, 6, 8, 10, 30, 100, rng.uniform(0.6, 40)))
        t = 10 ** rng.uniform(-3, 3)
        out["studentTail"].append([t, nu, float(student_tail(t, nu))])
        prob = 10 ** rng.uniform(-12, -0.4)
        # inverse of the rounded probability: Newton at 40 digits
        x = mp.mpf(max(0.1, -2 * math.log10(prob)))
        density = lambda s: mp.gamma((mp.mpf(nu) + 1) / 2) / mp.gamma(mp.mpf(nu) / 2) / mp.sqrt(nu * mp.pi) * (1 + s * s / nu) ** (-(mp.mpf(nu) + 1) / 2)
        lo, hi = mp.mpf(0), mp.mpf(10) ** 40
        for _ in range(300):
            f = student_tail(x, nu) - mp.mpf(prob)
            lo, hi = (x, hi) if f > 0 else (lo, x)
            step = f / density(x)
            nxt = x + step
            if not lo < nxt < hi:
                nxt = mp.sqrt(max(lo, mp.mpf("1e-6")) * hi)
            if abs(nxt - x) < mp.mpf("1e-32") * x:
                break
            x = nxt
        out["studentInverse"].append([prob, nu, float(-x)])
        target = rng.choice((prob, 0.5 * rng.random() + 0.25))
        y, lo, hi = mp.log(mp.mpf(nu)), mp.mpf(-2000), mp.mpf(20)
        for _ in range(400):
            f = mp.gammainc(mp.mpf(nu) / 2, 0, mp.exp(y) / 2, regularized=True) - mp.mpf(target)
            lo, hi = (lo, y) if f > 0 else (y, hi)
            d = mp.exp(mp.mpf(nu) / 2 * (y - mp.log(2)) - mp.exp(y) / 2 - mp.loggamma(mp.mpf(nu) / 2))
            nxt = y - f / d
            if not lo < nxt < hi:
                nxt = (lo + hi) / 2
            if abs(nxt - y) < mp.mpf("1e-32"):
                break
            y = nxt
        out["chiSquareInverse"].append([target, nu, float(mp.exp(y))])
    return out


def transform(p, T, v0, ka, th, sg, rho, jumps, steps=3000):
    """E[(S_T/F)^p] for an array p: Runge-Kutta on D' = sg^2 D^2/2 - (ka - rho sg p) D + (p^2 - p)/2 and on the exponent beside it."""
    beta = ka - rho * sg * p
    half = 0.5 * (p * p - p)

    def rates(D):
        e = ka * th * D
        for lam, mu, sd, mv, rj in jumps:
            m = math.exp(mu + 0.5 * sd * sd) / (1 - rj * mv) - 1
            e = e + lam * (np.exp(p * mu + 0.5 * sd * sd * p * p) / (1 - rj * mv * p - mv * D) - 1 - m * p)
        return 0.5 * sg * sg * D * D - beta * D + half, e

    D, E, h = np.zeros_like(p), np.zeros_like(p), T / steps
    for _ in range(steps):
        k1, e1 = rates(D)
        k2, e2 = rates(D + 0.5 * h * k1)
        k3, e3 = rates(D + 0.5 * h * k2)
        k4, e4 = rates(D + h * k3)
        D = D + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        E = E + h / 6 * (e1 + 2 * e2 + 2 * e3 + e4)
    return np.exp(E + D * v0)


def svcj_call(F, strikes, T, args, steps=3000):
    end = 4.0
    while np.abs(transform(np.array([1 + 1j * end]), T, *args, steps=300))[0] > 1e-13:
        end *= 1.3
        if end > 2e4:
            return None
    x, w = np.polynomial.legendre.leggauss(24)
    u, wu = [], []
    panels = 60
    edges = np.concatenate([[0], end * (np.arange(1, panels + 1) / panels) ** 1.5])
    for a, b in zip(edges[:-1], edges[1:]):
        u.append((a + b) / 2 + (b - a) / 2 * x)
        wu.append((b - a) / 2 * w)
    u, wu = np.concatenate(u), np.concatenate(wu)
    f1, f2 = transform(1 + 1j * u, T, *args, steps=steps), transform(1j * u, T, *args, steps=steps)
    out = []
    for K in strikes:
        k = math.log(F / K)
        p1 = 0.5 + np.sum(wu * np.real(np.exp(1j * u * k) * f1 / (1j * u))) / math.pi
        p2 = 0.5 + np.sum(wu * np.real(np.exp(1j * u * k) * f2 / (1j * u))) / math.pi
        out.append((F * p1 - K * p2, p1))
    return out


def svcj_cases():
    rng = random.Random(20261124)
    btc = (0.224903, 13.376951, 0.108179, 0.940205, -0.425279, [(1.287897, -0.067601, 0.157563, 0.737491, -0.030299)])
    eth = (0.37701, 15.700853, 0.248903, 2.269343, 0.142201, [(2.271351, -0.131923, 0.000278, 0.334262, -0.998999)])
    fixed = [("btc", btc, 30 / 365), ("btc-1d", btc, 1 / 365), ("btc-1y", btc, 1.0), ("eth", eth, 30 / 365), ("eth-7d", eth, 7 / 365),
             ("heston", btc[:5] + ([],), 0.25), ("bates", btc[:5] + ([(5.0, -0.02, 0.05, 0.0, 0.0)],), 0.1),
             ("two-kinds", btc[:5] + ([(1.0, -0.07, 0.16, 0.7, -0.03), (3.0, 0.02, 0.08, 0.2, 0.5)],), 14 / 365),
             ("no-reversion", (0.3, 0.0, 0.0, 0.8, -0.5, [(2.0, -0.1, 0.1, 0.3, -0.2)]), 0.2),
             ("no-noise", (0.2, 2.0, 0.4, 0.0, 0.0, [(2.0, -0.1, 0.1, 0.3, -0.2)]), 0.3),
             ("constant", (0.25, 0.0, 0.0, 0.0, 0.0, [(2.0, -0.1, 0.1, 0.3, -0.2)]), 0.3),
             ("late-feller", (0.05, 1.0, 0.05, 1.5, -0.8, [(0.5, -0.2, 0.2, 0.1, -1.0)]), 0.5)]
    for i in range(24):
        args = (rng.uniform(0.05, 1.0), rng.uniform(0.2, 20), rng.uniform(0.05, 0.6), rng.uniform(0.1, 2.5), rng.uniform(-0.9, 0.5),
                [(rng.uniform(0, 8), rng.uniform(-0.2, 0.1), rng.uniform(0.01, 0.3), rng.uniform(0.0, 1.0), rng.uniform(-1, 0.4)) for _ in range(1 + i % 2)])
        fixed.append((f"random-{i}", args, rng.choice((2, 7, 14, 30, 90, 180)) / 365))
    cases = []
    for name, args, T in fixed:
        F = 1.0
        width = math.sqrt((args[0] + args[2]) * T) + 0.02
        strikes = [math.exp(z * width) for z in (-2.0, -1.0, -0.3, 0.0, 0.3, 1.0, 2.0)]
        fine, coarse = svcj_call(F, strikes, T, args), svcj_call(F, strikes, T, args, steps=2000)
        if fine is None or max(abs(a[0] - b[0]) for a, b in zip(fine, coarse)) > 1e-11:
            print("left out:", name)
            continue
        cases.append({"id": name, "years": T, "v0": args[0], "kappa": args[1], "theta": args[2], "sigma": args[3], "rho": args[4],
                      "jumps": [list(j) for j in args[5]], "strikes": strikes, "calls": [c[0] for c in fine], "deltas": [c[1] for c in fine]})
    return cases


def merton_cases():
    rng = random.Random(20261125)
    cases = []
    N = lambda z: mp.erfc(-z / mp.sqrt(2)) / 2
    for i in range(60):
        F, T = 100.0, rng.choice((1, 7, 30, 180)) / 365
        vol, lam, mu, sd = rng.uniform(0.1, 1.0), rng.choice((0.0, rng.uniform(0, 3), rng.uniform(3, 60))), rng.uniform(-0.3, 0.15), rng.uniform(0, 0.4)
        K = F * math.exp(rng.uniform(-3, 3) * (vol * math.sqrt(T) + 0.02))
        m = mp.exp(mp.mpf(mu) + mp.mpf(sd) ** 2 / 2) - 1
        total = mp.mpf(0)
        for n in range(250):
            weight = mp.exp(-lam * mp.mpf(T)) * (lam * mp.mpf(T)) ** n / mp.factorial(n) if lam or not n else mp.mpf(0)
            if not weight:
                continue
            f = F * mp.exp(-lam * m * T + n * (mp.mpf(mu) + mp.mpf(sd) ** 2 / 2))
            s = mp.sqrt(mp.mpf(vol) ** 2 * T + n * mp.mpf(sd) ** 2)
            d1 = mp.log(f / K) / s + s / 2
            # the out-of-the-money side
            total += weight * (f * N(d1) - K * N(d1 - s) if K >= F else K * N(s - d1) - f * N(-d1))
        cases.append({"forward": F, "strike": K, "years": T, "vol": vol, "intensity": lam, "mean": mu, "sd": sd, "outOfTheMoney": float(total)})
    return cases


def write(name, body):
    with open(os.path.join(OUT, name), "w", encoding="utf-8") as f:
        f.write(json.dumps({"source": "tools/fits/special_vectors.py", **body}).replace("}, {", "},\n{").replace("], [", "],\n[") + "\n")


if __name__ == "__main__":
    write("special-functions.json", special())
    write("jump-models.json", {"svcj": svcj_cases(), "merton": merton_cases()})
