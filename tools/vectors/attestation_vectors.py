"""Second writing of the messages to the chain (docs/model/encoding.md): Keccak, ABI words, EIP-712, trees. Makes testdata/vectors/attestation-*.json.

    python3 tools/vectors/attestation_vectors.py            # everything but the long random run, whose checkpoints are kept
    python3 tools/vectors/attestation_vectors.py --long     # the 100,000 random messages too: half an hour

All numbers are invented. Pure Python from the standard (FIPS 202 with the first submission's padding), sharing no code with the product.
"""
import json
import pathlib
import sys

MASK = (1 << 64) - 1
VECTORS = pathlib.Path(__file__).resolve().parents[2] / "testdata/vectors"


# Keccak-f[1600] by its definition: rotation offsets and round constants are worked out, not copied.
def rotation_offsets():
    offsets, x, y = {(0, 0): 0}, 1, 0
    for t in range(24):
        offsets[(x, y)] = (t + 1) * (t + 2) // 2 % 64
        x, y = y, (2 * x + 3 * y) % 5
    return offsets


def round_constants():
    constants, register = [], 1
    for _ in range(24):
        constant = 0
        for j in range(7):
            if register & 1:
                constant |= 1 << ((1 << j) - 1)
            register = register << 1 ^ (0x171 if register & 0x80 else 0)
        constants.append(constant)
    return constants


OFFSETS, CONSTANTS = rotation_offsets(), round_constants()
MOVES = [(x + 5 * y, y + 5 * ((2 * x + 3 * y) % 5), OFFSETS[(x, y)]) for x in range(5) for y in range(5)]


def permute(a):
    for constant in CONSTANTS:
        c = [a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20] for x in range(5)]
        d = [c[x - 1] ^ ((c[(x + 1) % 5] << 1 | c[(x + 1) % 5] >> 63) & MASK) for x in range(5)]
        b = [0] * 25
        for source, target, by in MOVES:
            lane = a[source] ^ d[source % 5]
            b[target] = (lane << by | lane >> 64 - by) & MASK
        a = [b[i] ^ (~b[i - i % 5 + (i + 1) % 5] & b[i - i % 5 + (i + 2) % 5] & MASK) for i in range(25)]
        a[0] ^= constant
    return a


def keccak(data):
    padded = bytearray(data) + b"\x01" + bytes(135 - len(data) % 136)
    padded[-1] |= 0x80
    state = [0] * 25
    for start in range(0, len(padded), 136):
        for lane in range(17):
            state[lane] ^= int.from_bytes(padded[start + 8 * lane:start + 8 * lane + 8], "little")
        state = permute(state)
    return b"".join(lane.to_bytes(8, "little") for lane in state[:4])


# ABI words and EIP-712 from the type strings, so that the fields stand in one place.
STRUCTS = {
    "BatchHeader": "uint64 setId,uint32 schema,uint64 sequence,uint64 observedAt,uint64 validUntil,uint64 bookBlock,bytes32 snapshotHash,bytes32 parameterHash,bytes32 scenarioSetHash,"
    "bytes32 arrayRoot,bytes32 stressRoot,bytes32 stressSharesHash,bytes32 pricesHash,bytes32 accountsRoot,uint32 accountCount,uint32 rowCount,uint128 totalMaintenanceWad,"
    "int128 totalEquityWad,uint128 totalShortfallWad",
    "MarginLeaf": "uint64 account,uint64 sequence,bytes32 positionsHash,uint128 initialWad,uint128 maintenanceWad,int128 markValueWad,uint128 decayWadPerSecond",
    "StressRow": "bytes32 instrument,int256 markWad,int8 tickExponent,bytes32 entriesHash",
    "AccountClearance": "uint64 account,uint64 sequence,bytes32 positionsHashBefore,bytes32 positionsHashAfter,uint128 initialWad,uint128 maintenanceWad,int128 markValueWad,bool reducesRisk",
    "Clearance": "uint64 setId,uint64 batchSequence,uint64 observedAt,uint64 validUntil,bytes32 actionHash,bytes32 parameterHash,AccountClearance[] accounts",
    "SettlementPrice": "uint64 setId,uint8 priceId,uint64 expiry,uint64 priceE8,uint64 observedAt",
    "FundingIndex": "uint64 setId,bytes32 instrument,uint64 sequence,int128 indexWad,uint64 observedAt",
    "Order": "uint64 account,bytes32 instrument,int128 quantityWad,uint128 limitPriceWad,uint64 expiry,uint64 nonce,address matcher",
    "Match": "bytes32 buyOrder,bytes32 sellOrder,uint128 quantityWad,uint128 priceWad",
    "Trade": "Match[] matches",
    "CoinWithdrawal": "uint64 account,uint8 coin,uint256 amount,address to",
    "Leg": "bytes32 instrument,int128 quantityWad",
    "Liquidation": "uint64 from,uint64 to,Leg[] legs",
    "Deleveraging": "uint64 from,uint64 to,Leg[] legs,int128 valueWad,uint128 movedWad,uint128 allWad",
    "EIP712Domain": "string name,string version,uint256 chainId,address verifyingContract",
}
SIGNED_BY_HOUSE = ("Order", "Trade", "CoinWithdrawal", "Liquidation", "Deleveraging")
FIELDS = {name: [tuple(field.split(" ")) for field in text.split(",")] for name, text in STRUCTS.items()}


def type_string(name):
    nested = sorted({kind.removesuffix("[]") for kind, _ in FIELDS[name]} & set(FIELDS))
    return f"{name}({STRUCTS[name]})" + "".join(f"{n}({STRUCTS[n]})" for n in nested)


def word(kind, value):
    if kind == "string":
        return keccak(value.encode("ascii"))
    if kind.endswith("[]"):
        return keccak(b"".join(hash_struct(kind.removesuffix("[]"), item) for item in value))
    if kind in ("bytes32", "address"):
        data = bytes.fromhex(value.removeprefix("0x"))
        assert len(data) == (32 if kind == "bytes32" else 20)
        return data.rjust(32, b"\0")
    if kind == "bool":
        return int(value).to_bytes(32, "big")
    bits, signed = int(kind.lstrip("uint")), kind.startswith("int")
    number = int(value)
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
    assert low <= number <= high, (kind, value)
    return number.to_bytes(32, "big", signed=signed)


TYPE_HASHES = {name: keccak(type_string(name).encode("ascii")) for name in FIELDS}


def hash_struct(name, value):
    if name == "Match":
        value = {**value, "buyOrder": hex_of(hash_struct("Order", value["buy"])), "sellOrder": hex_of(hash_struct("Order", value["sell"]))}
    return keccak(TYPE_HASHES[name] + b"".join(word(kind, value[field]) for kind, field in FIELDS[name]))


def separator(house, chain, contract):
    return hash_struct("EIP712Domain", {"name": "PMS Clearing House" if house else "PMS Attestation", "version": "1", "chainId": chain, "verifyingContract": contract})


def digest(domain, struct_hash):
    return keccak(b"\x19\x01" + domain + struct_hash)


def hex_of(data):
    return "0x" + data.hex()


def instrument_id(terms):
    return keccak(word("uint8", terms["kind"]) + word("uint8", terms["priceId"]) + word("uint40", terms["expiry"]) + word("uint128", terms["strikeWad"]))


# Trees.
EMPTY = keccak(b"pms.merkle.empty")


def node(left, right):
    return keccak(b"\x01" + left + right)


def tree(data_hashes, depth):
    levels = [[keccak(b"\0" + h) for h in data_hashes]]
    empty = [EMPTY]
    for _ in range(depth):
        below, nothing = levels[-1], empty[-1]
        padded = below + [nothing] * (len(below) % 2)
        levels.append([node(padded[i], padded[i + 1]) for i in range(0, len(padded), 2)])
        empty.append(node(nothing, nothing))
    levels[-1] = levels[-1] or [empty[-1]]
    return levels, empty


def path_of(levels, empty, index):
    path = []
    for level, nodes in enumerate(levels[:-1]):
        sibling = index >> level ^ 1
        path.append(nodes[sibling] if sibling < len(nodes) else empty[level])
    return path


# Random messages: docs/model/encoding.md, "Random messages". Every language draws the same ones.
KINDS = ("BatchHeader", "MarginLeaf", "StressRow", "Clearance", "SettlementPrice", "FundingIndex", "Order", "Trade", "CoinWithdrawal", "Liquidation", "Deleveraging")


class Draw:
    def __init__(self, index):
        self.state = 0x504D53 + (index << 32)

    def next(self):
        self.state = self.state + 0x9E3779B97F4A7C15 & MASK
        z = self.state
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & MASK
        z = (z ^ z >> 27) * 0x94D049BB133111EB & MASK
        return z ^ z >> 31

    def raw(self, bits):
        value = 0
        for _ in range((bits + 63) // 64):
            value = value << 64 | self.next()
        return value & (1 << bits) - 1

    def unsigned(self, bits):
        mode = self.next() & 7
        return self.raw(bits) if mode > 2 else (0, (1 << bits) - 1, 1)[mode]

    def signed(self, bits):
        mode = self.next() & 7
        if mode < 4:
            return (0, (1 << bits - 1) - 1, -(1 << bits - 1), -1)[mode]
        value = self.raw(bits)
        return value - (value >> bits - 1 << bits)

    def struct(self, name):
        if name == "Match":
            return {"buy": self.struct("Order"), "sell": self.struct("Order"), "quantityWad": self.unsigned(127), "priceWad": self.unsigned(128)}
        return {field: self.value(kind) for kind, field in FIELDS[name]}

    def value(self, kind):
        if kind.endswith("[]"):
            return [self.struct(kind.removesuffix("[]")) for _ in range(self.next() % 4)]
        if kind == "bytes32":
            return hex_of(self.raw(256).to_bytes(32, "big"))
        if kind == "address":
            return hex_of(self.raw(160).to_bytes(20, "big"))
        if kind == "bool":
            return self.next() & 1 == 1
        if kind == "int256":  # a mark: the product never makes one below 0
            return self.unsigned(128)
        bits = int(kind.lstrip("uint"))
        return self.signed(bits) if kind.startswith("int") else self.unsigned(bits)


def random_message(index):
    draw = Draw(index)
    name = KINDS[index % len(KINDS)]
    chain, contract = draw.unsigned(64), draw.value("address")
    return name, chain, contract, draw.struct(name)


def fold(running, index):
    name, chain, contract, value = random_message(index)
    struct_hash = hash_struct(name, value)
    return keccak(running + struct_hash + digest(separator(name in SIGNED_BY_HOUSE, chain, contract), struct_hash))


# Invented cases.
def text_of(value):
    if isinstance(value, dict):
        return {k: text_of(v) for k, v in value.items()}
    if isinstance(value, list):
        return [text_of(v) for v in value]
    return value if isinstance(value, (str, bool)) else str(value)


def corner(name, which):
    """All fields at one end: 'least', 'most', or told apart by their place ('steps')."""
    def of(kind, place):
        if kind.endswith("[]"):
            inner = kind.removesuffix("[]")
            return [] if which == "least" else [corner(inner, which) for _ in range(2 if which == "most" else 3)]
        if kind == "bytes32":
            return "0x" + {"least": "00" * 32, "most": "ff" * 32, "steps": f"{place + 1:02x}" * 31 + "a5"}[which]
        if kind == "address":
            return "0x" + {"least": "00" * 20, "most": "ff" * 20, "steps": f"{place + 1:02x}" * 19 + "5a"}[which]
        if kind == "bool":
            return which != "least"
        if kind == "int256":
            return {"least": 0, "most": (1 << 128) - 1, "steps": 60_000 * 10**18 + place}[which]
        bits, signed = int(kind.lstrip("uint")), kind.startswith("int")
        least, most = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
        return {"least": least, "most": most, "steps": (-7 - place if signed else 7 + place)}[which]

    if name == "Match":
        return {"buy": corner("Order", which), "sell": corner("Order", which), "quantityWad": {"least": 0, "most": (1 << 127) - 1, "steps": 3}[which], "priceWad": of("uint128", 3)}
    return {field: of(kind, place) for place, (kind, field) in enumerate(FIELDS[name])}


def messages():
    chains = {"least": 0, "most": MASK, "steps": 31337}
    result = {}
    for name in KINDS:
        cases = []
        for which in ("least", "most", "steps"):
            value, chain, contract = corner(name, which), chains[which], corner("Order", which)["matcher"]
            struct_hash, domain = hash_struct(name, value), separator(name in SIGNED_BY_HOUSE, chain, contract)
            cases.append({
                "chainId": str(chain), "verifyingContract": contract, "message": text_of(value),
                "structHash": hex_of(struct_hash), "domainSeparator": hex_of(domain), "digest": hex_of(digest(domain, struct_hash)),
            })
        result[name[0].lower() + name[1:]] = {"type": type_string(name), "cases": cases}
    return result


def hashes():
    terms = [
        {"kind": 1, "priceId": 0, "expiry": 1_932_537_600, "strikeWad": 90_000 * 10**18},
        {"kind": 2, "priceId": 1, "expiry": (1 << 40) - 1, "strikeWad": (1 << 128) - 1},
        {"kind": 3, "priceId": 255, "expiry": 1, "strikeWad": 0},
        {"kind": 4, "priceId": 3, "expiry": 0, "strikeWad": 0},
    ]
    links, positions = [], bytes(32)
    for place, (start, end) in enumerate(((0, 5 * 10**18), (5 * 10**18, -3), (0, -(1 << 127)), (-(1 << 127), (1 << 127) - 1), (-3, 0))):
        instrument = instrument_id(terms[place % 4])
        positions = keccak(positions + instrument + word("int128", start) + word("int128", end))
        links.append({"instrument": hex_of(instrument), "fromWad": str(start), "toWad": str(end), "hash": hex_of(positions)})
    members = [hex_of(bytes([17 * i + 1] * 20)) for i in range(7)]
    sets = []
    for set_id, count in ((0, 4), (3, 7), (MASK, 4)):
        encoded = word("uint64", set_id) + word("uint256", 64) + word("uint256", count) + b"".join(word("address", m) for m in members[:count])
        sets.append({"setId": str(set_id), "members": members[:count], "hash": hex_of(keccak(encoded))})
    prices = [[1], [6_000_012_345_678, 0, MASK, 300_000_000_000]]
    shares = [[1_000_000_000], [1, 350_000_000, 1_000_000_000, 999_999_999]]
    entries = [[], [0, -1, 1, 2_147_483_647, -2_147_483_648, -38_412]]
    return {
        "instruments": [{**text_of(t), "id": hex_of(instrument_id(t))} for t in terms],
        "positions": links,
        "sets": sets,
        "prices": [{"pricesE8": text_of(p), "hash": hex_of(keccak(b"".join(word("uint64", x) for x in p)))} for p in prices],
        "shares": [{"partsPerBillion": text_of(s), "hash": hex_of(keccak(b"".join(x.to_bytes(4, "big") for x in s)))} for s in shares],
        "entries": [{"entries": text_of(e), "bytes": hex_of(b"".join(x.to_bytes(4, "big", signed=True) for x in e)), "hash": hex_of(keccak(b"".join(x.to_bytes(4, "big", signed=True) for x in e)))} for e in entries],
    }


def trees():
    result = []
    for depth, count in ((20, 0), (20, 1), (20, 5), (13, 3), (3, 0), (3, 1), (3, 7), (3, 8), (1, 2)):
        data = [keccak(b"leaf %d" % i) for i in range(count)]
        levels, empty = tree(data, depth)
        result.append({
            "depth": depth, "dataHashes": [hex_of(h) for h in data], "root": hex_of(levels[-1][0]),
            "paths": [[hex_of(h) for h in path_of(levels, empty, i)] for i in range(count)],
        })
    return {"empty": hex_of(EMPTY), "trees": result}


def random_checkpoints(long):
    path = VECTORS / "attestation-random.json"
    stops = [100, 1_000, 2_000] + ([10_000 * k for k in range(1, 11)] if long else [])
    running, checkpoints = bytes(32), []
    for index in range(stops[-1]):
        running = fold(running, index)
        if index + 1 in stops:
            checkpoints.append({"count": index + 1, "hash": hex_of(running)})
            print(index + 1, running.hex(), file=sys.stderr)
    if not long and path.exists():
        checkpoints += [c for c in json.loads(path.read_text())["checkpoints"] if c["count"] > stops[-1]]
    return {"checkpoints": checkpoints}


def write(name, value):
    (VECTORS / name).write_text(json.dumps(value, indent=1) + "\n")


def main():
    assert hex_of(keccak(b"")) == "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
    assert hex_of(keccak(b"abc")) == "0x4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"
    write("attestation-keccak.json", {"message": "byte i is (7 i + 3) mod 256", "hashes": [hex_of(keccak(bytes((7 * i + 3) % 256 for i in range(n)))) for n in range(301)]})
    write("attestation-messages.json", messages())
    write("attestation-hashes.json", hashes())
    write("attestation-trees.json", trees())
    write("attestation-random.json", random_checkpoints("--long" in sys.argv))


if __name__ == "__main__":
    main()
