"""Writes testdata/vectors/{elementary-math,black76,implied-vol}.json: 70-digit references, standard library only.

    python3 tools/fits/reference_vectors.py
"""
import json
import os
import random
from decimal import Decimal, getcontext

from minimax import D, PI, moments

getcontext().prec = 70
ROOT_TWO_PI = (2 * PI).sqrt()
OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "testdata", "vectors")


def phi(z):
    return (-z * z / 2).exp() / ROOT_TWO_PI


def upper(z):
    """N(-z); for z below 0 through the complement."""
    if z < 0:
        return 1 - upper(-z)
    return phi(z) * moments(z, 2)[0]


def black(call, F, K, T, vol, r):
    """Every number of Black76.Greeks, from plain N(d1), N(d2) at 70 to 200 digits; T and vol above 0."""
    F, K, T, vol, r = map(D, (F, K, T, vol, r))
    s = vol * T.sqrt()
    x = (F / K).ln()
    d1 = x / s + s / 2
    d2 = d1 - s
    disc = (-r * T).exp()
    c = 1 if call else -1
    n1, n2 = upper(-c * d1), upper(-c * d2)
    price = disc * c * (F * n1 - K * n2)
    mass = disc * F * phi(d1)
    return {
        "price": price,
        "coinPrice": price / F,
        "delta": c * disc * n1,
        "netDelta": c * disc * n2 * K / F,
        "gamma": mass / (F * F * s),
        "vega": mass * T.sqrt(),
        "thetaPerYear": -mass * vol / (2 * T.sqrt()) + r * price,
        "vanna": -mass / F * d2 / vol,
        "volga": mass * T.sqrt() * d1 * d2 / vol,
        "rho": -T * price,
        "strikeDelta": -c * disc * n2,
    }


def draws(rng, count):
    for i in range(count):
        kind = ("board", "wing", "near", "instant", "long", "scale")[i % 6]
        F = rng.uniform(0.5, 100000.0)
        r = rng.choice((0.0, rng.uniform(-0.05, 0.12)))
        T = rng.uniform(1.0 / 365, 2.0)
        vol = rng.uniform(0.2, 1.5)
        if kind == "board":
            K = F * rng.uniform(0.4, 2.0)
        elif kind == "wing":
            s = vol * T ** 0.5
            z = rng.uniform(5, 36) * rng.choice((-1, 1))
            K = F * 2.718281828459045 ** (z * s - (0.5 * s * s if z < 0 else -0.5 * s * s))
        elif kind == "near":
            K = F * (1 + rng.choice((0.0, 1e-15, 1e-12, 1e-8, 1e-4)) * rng.uniform(-2, 2))
        elif kind == "instant":
            T = 10 ** rng.uniform(-9, -4)
            s = vol * T ** 0.5
            K = F * (1 + rng.uniform(-9, 9) * s)
        elif kind == "long":
            T = rng.uniform(2, 60)
            vol = rng.uniform(0.5, 4)
            K = F * 10 ** rng.uniform(-4, 4)
        else:
            F = 10 ** rng.uniform(-90, 90)
            K = F * rng.uniform(0.3, 3)
        yield kind, rng.random() < 0.5, F, K, T, vol, r


def number(v):
    return float(v)


def black_cases():
    rng = random.Random(20240614)
    cases = []
    for kind, call, F, K, T, vol, r in draws(rng, 360):
        values = black(call, F, K, T, vol, r)
        if abs(values["price"]) < D("1e-290") or not float(values["gamma"]) > 1e-300:
            continue
        if kind == "long" and abs(float(values["gamma"])) < 1e-250:
            continue
        cases.append({
            "id": f"{kind}-{len(cases)}", "type": "call" if call else "put", "forward": F, "strike": K, "years": T, "vol": vol, "rate": r,
            "expected": {k: number(v) for k, v in values.items()},
        })
    return cases


def implied_cases():
    rng = random.Random(20240615)
    cases = []
    for kind, call, F, K, T, vol, r in draws(rng, 480):
        values = black(call, F, K, T, vol, r)
        price = float(values["price"])
        bound = (-D(r) * D(T)).exp() * D(F if call else K)
        intrinsic = (-D(r) * D(T)).exp() * max(D(0), D(F) - D(K) if call else D(K) - D(F))
        if not 1e-300 < price or D(price) >= bound * (1 - D("1e-15")) or D(price) <= intrinsic * (1 + D("2e-15")):
            continue
        sigma = D(vol)
        for _ in range(12):  # the vol of the rounded price, not of the exact one
            v = black(call, F, K, T, sigma, r)
            step = (D(price) - v["price"]) / v["vega"]
            limit = sigma / 4
            sigma += max(-limit, min(limit, step))
            if abs(step) < sigma * D("1e-40"):
                break
        else:
            continue
        v = black(call, F, K, T, sigma, r)
        conditioning = abs(D(price) / (sigma * v["vega"]))
        if conditioning > D("1e9"):
            continue
        cases.append({
            "id": f"{kind}-{len(cases)}", "type": "call" if call else "put", "forward": F, "strike": K, "years": T, "rate": r, "price": price,
            "expectedVol": number(sigma), "conditioning": number(conditioning),
        })
    return cases


def elementary_cases():
    rng = random.Random(20240616)
    out = {"exp": [], "log": [], "logRatio": [], "mills": [], "firstMoment": [], "difference": [], "upper": []}
    for i in range(400):
        x = rng.uniform(-708, 709) if i % 3 == 0 else rng.uniform(-2, 2) if i % 3 == 1 else rng.choice((-1, 1)) * 10 ** rng.uniform(-18, 0)
        out["exp"].append([x, float(D(x).exp())])
        y = 10 ** rng.uniform(-300, 300) if i % 3 == 0 else rng.uniform(0.5, 2) if i % 3 == 1 else 1 + rng.choice((-1, 1)) * 10 ** rng.uniform(-15, -1)
        out["log"].append([y, float(D(y).ln())])
        b = rng.uniform(0.1, 1e5)
        a = b * y if 1e-100 < y < 1e100 else b * rng.uniform(0.3, 3)
        out["logRatio"].append([a, b, float((D(a) / D(b)).ln())])
        z = rng.uniform(0, 45) if i % 2 else 10 ** rng.uniform(-10, 2.5)
        out["mills"].append([z, float(moments(D(z), 2)[0])])
        out["firstMoment"].append([z, float(moments(D(z), 2)[1])])
        n = -rng.uniform(0, 10)
        out["mills"].append([n, float((D(n) * D(n) / 2).exp() * ROOT_TWO_PI - moments(-D(n), 2)[0])])
        t = z * rng.uniform(0, 1) if i % 3 else max(1.0, z) * 10 ** rng.uniform(-9, -1.5)
        t = min(t, z)
        near, far = moments(D(z) - D(t), 2)[0], moments(D(z) + D(t), 2)[0]
        if t > 0:
            out["difference"].append([z, t, float(near - far)])
        q = rng.uniform(-8, 37)
        out["upper"].append([q, float(upper(D(q)))])
    return out


def write(name, source, body):
    with open(os.path.join(OUT, name), "w", encoding="utf-8") as f:
        f.write(json.dumps({"source": source, **body}, indent=None).replace('}, {"id"', '},\n{"id"').replace("], [", "],\n["))
        f.write("\n")


if __name__ == "__main__":
    note = "70-digit evaluation by tools/fits/reference_vectors.py"
    write("elementary-math.json", note, elementary_cases())
    write("black76.json", note + ": Black (1976) from N(d1), N(d2)", {"cases": black_cases()})
    write("implied-vol.json", note + ": expectedVol belongs to the rounded price; conditioning = price / (vol vega)", {"cases": implied_cases()})
