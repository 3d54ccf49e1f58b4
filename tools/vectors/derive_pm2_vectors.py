"""Vectors of PMRM 2 for testdata/vectors/derive-pm2.json: a second writing of the model from its description, sharing no code with the engine.

    python3 tools/vectors/derive_pm2_vectors.py                 writes the committed vectors
    python3 tools/vectors/derive_pm2_vectors.py --random 300    prints that many random cases as JSON lines for `pms margin --model derive --case -`

Books are invented. Numbers are plain double precision with math.erfc; the engine agrees to 1e-15 of notional.
"""

import json
import math
import os
import random
import sys

YEAR = 365 * 86400.0
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def ndtr(x):
    return 0.5 * math.erfc(-x / math.sqrt(2.0))


def black_call(forward, strike, sd):
    if forward == 0:
        return 0.0
    if strike == 0 or sd >= 24:
        return forward
    if sd == 0:
        return max(forward - strike, 0.0)
    d1 = math.log(forward / strike) / sd + sd / 2
    return min(max(forward * ndtr(d1) - strike * ndtr(d1 - sd), 0.0), forward)


def price(call, forward, strike, years, vol, discount):
    value = black_call(forward, strike, vol * math.sqrt(years))
    return discount * (value if call else min(max(value - forward + strike, 0.0), strike))


def parameter_set(name):
    path = os.path.join(ROOT, "src", "Pms.Margin", "Venues", "Parameters", f"derive-pm2.{name}.json")
    with open(path, encoding="utf-8") as file:
        return {key: entry["value"] for key, entry in json.load(file)["parameters"].items()}


def margin(inputs):
    p = parameter_set(inputs["parameter_set"])
    p.update(inputs.get("params", {}))
    spot, stable = inputs["spot"], inputs["stable_price"]
    books = []
    for e in inputs["expiries"]:
        seconds = e["expiry_seconds"]
        locked = e.get("forward_fixed", e["forward"] * (max(1800 - seconds, 0) / 1800))
        held = {}
        for o in inputs["options"]:
            if o["expiry_seconds"] == seconds:
                amount, vol = held.get((o["strike"], o["call"]), (0.0, o["vol"]))
                held[o["strike"], o["call"]] = (amount + o["amount"], vol)
        held = {key: value for key, value in held.items() if value[0] != 0}
        if held:
            books.append({"T": seconds / YEAR, "locked": locked, "free": e["forward"] - locked, "rate": max(e["rate"], 0.0), "confidence": e["confidence"], "held": held})

    def value(b, shock, vol_of):
        forward = b["locked"] + b["free"] * shock
        discount = math.exp(-b["rate"] * b["T"])
        return sum(a * price(call, forward, k, b["T"], vol_of(k, v), discount) for (k, call), (a, v) in b["held"].items())

    def same(_, vol):
        return vol

    for b in books:
        b["now"] = value(b, 1, same)
        b["long"] = p["long_static_discount"] * math.exp(-b["T"] * (b["rate"] * p["long_rate_mult"] + p["long_rate_add"]))
        b["short"] = min(math.exp(b["rate"] * b["T"]), p["short_static_discount"] * math.exp(b["T"] * (b["rate"] * p["short_rate_mult"] + p["short_rate_add"])))
        days = b["T"] * 365
        b["m"] = (30 / max(days, p["dte_floor"])) ** (p["short_power"] if days <= 30 else p["long_power"])

    def discounted(b, v):
        return v * (b["long"] if v >= 0 else b["short"])

    def skewed(b, kind):
        root = math.sqrt(b["T"])
        cap = p[f"skew.{kind}_cap"] + p[f"skew.{kind}_c"] * root
        width = max(p["skew.min_k_star"], p["skew.width"] * root * (p["skew.vol_static"] + p["skew.vol_scale"] * root))
        forward = b["locked"] + b["free"]

        def vol_of(strike, vol):
            if strike <= 0 or forward <= 0:
                return vol
            k = math.log(strike / forward)
            k = abs(k) if kind == "abs" else k
            change = min(k * cap / width, cap) if k >= 0 else max(k * cap / width, -cap)
            return vol * max(0.0, 1 + change)

        return vol_of

    basis = sum(
        min(value(b, p["basis_up"], same) - b["now"], value(b, p["basis_down"], same) - b["now"], 0.0) * (p["basis_add"] + p["basis_mult"] * b["T"])
        for b in books)
    collateral = [(c, c["amount"] * c["price"] / stable) for c in inputs["collaterals"]]
    perps, perp_price = inputs["perps"], inputs["perp_price"] or spot
    scenarios = p["scenarios"]
    worst, index = basis, len(scenarios)
    notional = spot * (sum(abs(a) for b in books for a, _ in b["held"].values()) + abs(perps)) + abs(sum(v for _, v in collateral))
    for i, (shock, kind, dampening) in enumerate(scenarios):
        if kind in ("linear", "abs"):
            total = -sum(abs(discounted(b, value(b, 1, skewed(b, kind))) - b["now"]) for b in books)
        else:
            total = perps * perp_price * (shock - 1) + sum(v for c, v in collateral if c["risk_cancelling"]) * (shock - 1)
            for b in books:
                shocked = {
                    "up": lambda _, v, b=b: max(p["min_vol_up"], v * (1 + p["vol_up"] * b["m"])),
                    "down": lambda _, v, b=b: v * max(0.0, 1 - p["vol_down"] * b["m"]),
                    "none": same,
                }[kind]
                total += discounted(b, value(b, shock, shocked)) - b["now"]
        total *= dampening
        if total < worst - 1e-14 * notional:
            index = i
        worst = min(worst, total)

    naked = 0.0
    for b in books:
        for strike in {k for k, _ in b["held"]}:
            call = b["held"].get((strike, True), (0.0,))[0]
            put = b["held"].get((strike, False), (0.0,))[0]
            naked += max(-min(call, put) - max(call, put), 0.0) if call * put < 0 else -min(call, 0.0) - min(put, 0.0)

    def unsure(confidence, notional):
        return (1 - confidence) * p["conf_margin"] * notional if confidence < p["conf_threshold"] else 0.0

    mm = abs(perps) * spot * p["mm_perp"] + naked * spot * p["mm_option"] + sum(v * c["mm_haircut"] for c, v in collateral)
    im = abs(perps) * spot * p["im_perp"] + naked * spot * p["im_option"] + sum(v * c["im_haircut"] for c, v in collateral)
    common = min(inputs["spot_confidence"], inputs["perp_confidence"]) if perps else inputs["spot_confidence"]
    im += unsure(common, abs(perps) * spot) if perps else 0.0
    im += sum(unsure(min(common, b["confidence"]), sum(abs(a) for a, _ in b["held"].values()) * spot) for b in books)
    im += sum(unsure(min(inputs["spot_confidence"], c["confidence"]), v) for c, v in collateral)
    mtm = inputs["unrealised_perp_pnl"] + sum(b["now"] for b in books) + sum(v for _, v in collateral)
    factor = p["im_factor"] + max(0.0, p["peg_threshold"] - stable) * p["peg_factor"]
    return {
        "initial_margin_balance": mtm + inputs["cash"] + worst * factor - mm - im,
        "maintenance_margin_balance": mtm + inputs["cash"] + worst * p["mm_factor"] - mm,
        "mark_to_market": mtm,
        "worst_scenario_pnl": worst,
        "worst_scenario": [scenarios[index][0], scenarios[index][1][0].upper()] if index < len(scenarios) else "basis",
        "worst_scenario_index": index,
        "basis_contingency": basis,
        "mm_contingency": mm,
        "im_contingency": im,
    }


def draw(rng):
    spot = rng.choice([35.0, 2500.0, 90000.0]) * math.exp(rng.gauss(0, 0.2))
    days = [0, 600, 1799, 1800, 3600, 86399, 30 * 86400 - 1, 30 * 86400, 30 * 86400 + 1]
    seconds = sorted({rng.choice(days + [rng.randint(60, 700 * 86400)] * 6) for _ in range(rng.randint(0, 4))})
    expiries = []
    for s in seconds:
        e = {"expiry_seconds": s, "forward": spot * math.exp(rng.gauss(0, 0.02)), "rate": rng.uniform(-0.03, 0.2), "confidence": rng.choice([1, 0.95, 0.5, 0.2])}
        if s < 1800 and rng.random() < 0.5:
            e["forward_fixed"] = e["forward"] * rng.random()
        expiries.append(e)
    options = []
    for _ in range(rng.randint(1, 8) if seconds else 0):
        strike = spot * (rng.choice([0.5, 0.7, 0.9, 1, 1.1, 1.3, 2]) if rng.random() < 0.6 else math.exp(rng.gauss(0, 0.5)))
        vol = rng.choice([rng.uniform(0.05, 2.5), 0.0, 40.0]) if rng.random() < 0.1 else rng.uniform(0.2, 1.5)
        options.append({
            "expiry_seconds": rng.choice(seconds), "strike": 0.0 if rng.random() < 0.03 else strike, "call": rng.random() < 0.5,
            "amount": rng.choice([-1, 1]) * rng.choice([0.1, 1, 3.7, 25]), "vol": vol})
    perps = rng.choice([0, 0, rng.uniform(-20, 20)])
    collaterals = [
        {"amount": rng.uniform(0, 30), "price": spot * rng.uniform(0.9, 1.1), "confidence": rng.choice([1, 0.5]), "risk_cancelling": rng.random() < 0.5,
         "mm_haircut": rng.uniform(0, 0.2), "im_haircut": rng.uniform(0, 0.2)}
        for _ in range(rng.choice([0, 0, 1, 2]))]
    inputs = {
        "parameter_set": rng.choice(["script", "second", "board"]), "cash": rng.choice([0, rng.uniform(-1e5, 1e5)]), "spot": spot,
        "spot_confidence": rng.choice([1, 0.9, 0.5]), "stable_price": rng.choice([1, 1.0002, 0.97, 0.9]), "perps": perps,
        "perp_price": spot * rng.uniform(0.98, 1.02) if perps else 0, "perp_confidence": rng.choice([1, 0.3]) if perps else 0,
        "unrealised_perp_pnl": rng.gauss(0, 1000) if perps else 0.0, "expiries": expiries, "options": options, "collaterals": collaterals}
    if rng.random() < 0.3:
        basis = parameter_set(inputs["parameter_set"])
        inputs["params"] = {k: basis[k] * rng.uniform(0.5, 1.5) for k in ("vol_up", "vol_down", "min_vol_up", "im_factor", "mm_factor", "basis_add", "peg_factor")}
    return inputs


def main():
    rng = random.Random(20261123)
    if len(sys.argv) > 2 and sys.argv[1] == "--random":
        print(json.dumps([{"id": f"r{i}", "inputs": (x := draw(rng)), "expected": margin(x)} for i in range(int(sys.argv[2]))]))
        return
    cases, kinds = [], {}
    # a few of each kind of binding scenario
    while len(cases) < 40:
        inputs = draw(rng)
        expected = margin(inputs)
        kind = "basis" if expected["worst_scenario"] == "basis" else f'{expected["worst_scenario"][1]}{"tail" if inputs["options"] and abs(expected["worst_scenario"][0] - 1) > 0.2 else ""}'
        if kinds.setdefault(kind, 0) < 6:
            kinds[kind] += 1
            cases.append({"id": f"{kind}-{kinds[kind]}", "inputs": inputs, "expected": expected})
        elif rng.random() < 0.0005:
            break
    path = os.path.join(ROOT, "testdata", "vectors", "derive-pm2.json")
    with open(path, "w", encoding="utf-8") as file:
        file.write('{"source":"tools/vectors/derive_pm2_vectors.py, a second writing of the model; books are invented","cases":[\n')
        file.write(",\n".join(json.dumps(c, separators=(",", ":")) for c in cases))
        file.write("\n]}\n")
    print(len(cases), "cases", kinds)


if __name__ == "__main__":
    main()
