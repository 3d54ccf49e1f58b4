"""Second writing of the risk array's canonical bytes and tree (docs/model/encoding.md); makes testdata/vectors/risk-array.json.

    python3 tools/vectors/risk_array_vectors.py
"""
import hashlib
import json
import pathlib
import struct
from datetime import datetime, timezone

MONEY = -6


def text(s):
    data = s.encode("utf-8")
    return struct.pack("<i", len(data)) + data


def instant(iso):
    at = datetime.fromisoformat(iso.replace("Z", "+00:00"))
    return struct.pack("<q", int((at - datetime(1970, 1, 1, tzinfo=timezone.utc)).total_seconds()) * 1_000_000)


def sha(data):
    return hashlib.sha256(data).digest()


def row_bytes(row):
    lot = row["lotExponent"]
    data = text("pms.risk-row/1") + struct.pack("<B", row["kind"]) + text(row["name"]) + struct.pack("<ii", MONEY - lot, lot)
    data += struct.pack("<q", row["unitValueTicks"]) + struct.pack("<i", len(row["ticks"]))
    return data + b"".join(struct.pack("<i", t) for t in row["ticks"])


def root(leaves):
    level = leaves
    while len(level) > 1:
        pairs = [sha(b"\x01" + level[i] + level[i + 1]) for i in range(0, len(level) - 1, 2)]
        level = pairs + ([level[-1]] if len(level) % 2 else [])
    return sha(b"\x02" + struct.pack("<i", len(leaves)) + level[0])


ROWS = [  # contracts by name, then assets by code
    {"kind": 0, "name": "BTC-28MAR31-90000-C", "lotExponent": -5, "unitValueTicks": 38_412, "ticks": [0, -38412, 120507, 2147483647]},
    {"kind": 0, "name": "BTC-PERPETUAL", "lotExponent": 0, "unitValueTicks": 0, "ticks": [1, -1, 250000, -2147483648]},
    {"kind": 0, "name": "XRP_USDC-7MAR31-0d55-P", "lotExponent": -1, "unitValueTicks": 5120, "ticks": [7, 11, -13, 17]},
    {"kind": 1, "name": "USD", "lotExponent": -1, "unitValueTicks": 100000, "ticks": [0, 0, 0, 0]},
    {"kind": 1, "name": "USDC", "lotExponent": -1, "unitValueTicks": 99950, "ticks": [3, -250, -12000, 40]},
]
HEADER = {"at": "2031-03-04T05:06:07Z", "snapshotHash": sha(b"snapshot").hex(), "scenarioSetHash": sha(b"scenarios").hex(), "scenarioCount": 4, "tailCount": 3}

if __name__ == "__main__":
    leaves = [sha(b"\x00" + row_bytes(r)) for r in ROWS]
    top = root(leaves)
    h = text("pms.risk-array/1") + instant(HEADER["at"]) + text(HEADER["snapshotHash"]) + text(HEADER["scenarioSetHash"])
    h += struct.pack("<iii", HEADER["scenarioCount"], HEADER["tailCount"], len(ROWS)) + text(top.hex())
    rows = [{**r, "tickExponent": MONEY - r["lotExponent"], "leafHash": leaf.hex()} for r, leaf in zip(ROWS, leaves)]
    made = {"schema": "pms.risk-array/1", "header": HEADER, "rows": rows, "root": top.hex(), "hash": sha(h).hex()}
    folder = pathlib.Path(__file__).resolve().parents[2] / "testdata" / "vectors"
    (folder / "risk-array.json").write_text(json.dumps(made, indent=1) + "\n")
