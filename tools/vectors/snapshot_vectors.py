#!/usr/bin/env python3
"""Writes testdata/vectors/snapshot-*.json: market snapshots made up by hand with their canonical bytes.

A second, independent writing of docs/model/encoding.md ("Market snapshot"); the C# encoder is tested against its output.
Usage: tools/vectors/snapshot_vectors.py    (rewrites the files; a change of expected bytes is a change of schema version)
"""
import datetime, hashlib, json, pathlib, struct

SCHEMA = "pms.market-snapshot/1"
VALUES = ["bid", "ask", "bidSize", "askSize", "mark", "markVol", "bidVol", "askVol", "underlyingPrice", "underlyingName",
          "delta", "gamma", "vega", "theta", "rho", "openInterest", "volume24h", "last", "currentFunding", "funding8h"]
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def i32(x): return struct.pack("<i", x)
def i64(x): return struct.pack("<q", x)
def f64(x): return struct.pack("<d", 0.0 if x == 0 else x)
def text(x): b = x.encode(); return i32(len(b)) + b
def optional(x, write): return b"\0" if x is None else b"\1" + write(x)
def listed(xs, write): return i32(len(xs)) + b"".join(write(x) for x in xs)


def time(x):
    return i64((datetime.datetime.fromisoformat(x.replace("Z", "+00:00")) - EPOCH) // datetime.timedelta(microseconds=1))


def provenance(p): return text(p["source"]) + optional(p["exchangeTime"], time) + time(p["receivedAt"])
def point(p): return f64(p["price"]) + provenance(p)
def level(l): return f64(l[0]) + f64(l[1])
def depth(d): return i64(d["changeId"]) + listed(d["bids"], level) + listed(d["asks"], level)


def values(v):
    return b"".join(text(v.get(n) or "") if n == "underlyingName" else optional(v.get(n), f64) for n in VALUES)


def optional_depth(d): return b"\0" if d is None else (b"\2" if d.get("isPartial") else b"\1") + depth(d)
def quote(q): return text(q["instrument"]) + provenance(q) + values(q["values"]) + optional_depth(q.get("depth"))
def expiry(e): return time(e["expiry"]) + optional(e["venueForward"], f64) + listed(e["options"], quote)


def board(b):
    return (text(b["id"]) + optional(b["index"], point) + optional(b["volatilityIndex"], point)
            + listed(b["expiries"], expiry) + listed(b["linears"], quote))


def snapshot(s): return text(SCHEMA) + time(s["observedAt"]) + text(s["source"]) + listed(s["boards"], board)


def at(source, received, exchange=None): return {"source": source, "exchangeTime": exchange, "receivedAt": received}


T = "2031-03-04T05:06:07Z"
MINIMAL = {"observedAt": T, "source": "test", "boards": [
    {"id": "BTC", "index": None, "volatilityIndex": None, "linears": [], "expiries": [
        {"expiry": "2031-03-28T08:00:00Z", "venueForward": None, "options": [
            {"instrument": "BTC-28MAR31-90000-C", **at("test", T), "values": {"bid": 0.0415}}]}]}]}
FULL = {"observedAt": "2031-03-04T05:06:07.123456Z", "source": "test.full", "boards": [
    {"id": "AVAX_USDC", "index": None, "volatilityIndex": None, "linears": [
        {"instrument": "AVAX_USDC", **at("test.full", T), "values": {"bid": 9.1, "ask": 9.11, "last": 9.105},
         "depth": {"changeId": 0, "isPartial": True, "bids": [[9.1, 25.0]], "asks": []}}], "expiries": [
        {"expiry": "2031-03-28T08:00:00Z", "venueForward": 9.103, "options": [
            {"instrument": "AVAX_USDC-28MAR31-8d6-P", **at("test.full", T, "2031-03-04T05:06:06.999999Z"),
             "values": {"ask": 0.318, "askSize": 1800, "markVol": 0.5372, "underlyingPrice": 9.103, "underlyingName": "AVAX_USDC-28MAR31",
                        "theta": -0.0, "delta": -0.32469}}]}]},
    {"id": "BTC", "index": {"price": 90800.25, **at("test.index", T)}, "volatilityIndex": {"price": 0.55, **at("test.dvol", T)}, "linears": [
        {"instrument": "BTC-28MAR31", **at("test.full", T), "values": {"bid": 91000.5, "ask": 91001.0}},
        {"instrument": "BTC-PERPETUAL", **at("test.full", T, T), "values": {"bid": 90800.0, "ask": 90800.5, "bidSize": 4000.0, "askSize": 2500.0,
            "openInterest": 7361991.0, "currentFunding": -1.25e-05, "funding8h": 0.0001},
         "depth": {"changeId": 9007199254740993, "bids": [[90800.0, 4000.0], [90799.5, 10.0]], "asks": [[90800.5, 2500.0]]}}], "expiries": [
        {"expiry": "2031-03-07T08:00:00Z", "venueForward": None, "options": [
            {"instrument": "BTC-7MAR31-90000-C", **at("test.full", T), "values": {"mark": 0.0, "markVol": 4.9e-324}}]},
        {"expiry": "2031-03-28T08:00:00Z", "venueForward": 91000.5, "options": [
            {"instrument": "BTC-28MAR31-90000-C", **at("test.full", T, "2031-03-04T05:06:05Z"), "values": {
                "bid": 0.0415, "ask": 0.043, "bidSize": 12.5, "askSize": 7.0, "mark": 0.04225, "markVol": 0.5125, "bidVol": 0.509, "askVol": 0.517,
                "underlyingPrice": 91000.5, "underlyingName": "SYN.BTC-28MAR31", "delta": 0.48112, "gamma": 2e-05, "vega": 81.5, "theta": -60.25,
                "rho": 12.5, "openInterest": 120.5, "volume24h": 3.25, "last": 0.042, "currentFunding": 0.1, "funding8h": 0.2}},
            {"instrument": "BTC-28MAR31-90000-P", **at("test.full", T), "values": {"underlyingPrice": 91000.5}}]}]}]}
EMPTY = {"observedAt": "2010-01-01T00:00:00Z", "source": "", "boards": []}

if __name__ == "__main__":
    folder = pathlib.Path(__file__).resolve().parents[2] / "testdata" / "vectors"
    for name, made in (("empty", EMPTY), ("minimal", MINIMAL), ("full", FULL)):
        data = snapshot(made)
        content = {"schema": SCHEMA, "snapshot": made, "bytesHex": data.hex(), "sha256": hashlib.sha256(data).hexdigest()}
        (folder / f"snapshot-{name}.json").write_text(json.dumps(content, indent=1) + "\n")
