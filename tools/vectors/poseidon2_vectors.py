"""Second writing of Poseidon2 over BN254 (docs/protocol.md, "Proofs"): makes testdata/vectors/poseidon2.json, and the rounds of contracts/src/libraries/Poseidon2.sol.

    python3 tools/vectors/poseidon2_vectors.py

Width 4, x^5, 8 full and 56 partial rounds: the instance of Barretenberg (poseidon2_params.hpp) and of Noir's poseidon2_permutation. The round constants are worked out here with the Grain generator of the paper
(Grassi, Khovratovich, Schofnegger, Poseidon2, 2023/323; Poseidon, 2019/458, appendix E); the diagonal of the inner matrix is a choice of that instance and stands here as it is published. Random numbers come from SHA-256 of a
text. The vector of zeros is Barretenberg's own.
"""
import hashlib
import json
import pathlib

P = 21888242871839275222246405745257275088548364400416034343698204186575808495617
FULL, PARTIAL = 8, 56
DIAGONAL_LESS_ONE = [
    0x10DC6E9C006EA38B04B1E03B4BD9490C0D03F98929CA1D7FB56821FD19D3B6E7,
    0x0C28145B6A44DF3E0149B3D0A30B3BB599DF9756D4DD9B84A86B38CFB45A740B,
    0x00544B8338791518B2C7645A50392798B21F75BB60E3596170067D00141CAC15,
    0x222C01175718386F2E2E82EB122789E352E105A3B8FA852613BC534433EE428B,
]
ROOT = pathlib.Path(__file__).resolve().parents[2]


def grain():
    """Field elements of the generator: prime field, x^alpha, 254 bits, width 4."""
    state = [int(b) for value, bits in ((1, 2), (0, 4), (254, 12), (4, 12), (FULL, 10), (PARTIAL, 10)) for b in f"{value:0{bits}b}"] + [1] * 30

    def step():
        bit = state[62] ^ state[51] ^ state[38] ^ state[23] ^ state[13] ^ state[0]
        state.append(bit)
        state.pop(0)
        return bit

    def kept():
        while True:
            first, second = step(), step()
            if first:
                return second

    for _ in range(160):
        step()
    while True:
        value = int("".join(str(kept()) for _ in range(254)), 2)
        if value < P:
            yield value


def constants():
    draw = grain()
    return [[next(draw) for _ in range(1 if FULL // 2 <= r < FULL // 2 + PARTIAL else 4)] for r in range(FULL + PARTIAL)]


ROUNDS = constants()
OUTER = [[5, 7, 1, 3], [4, 6, 1, 1], [1, 3, 5, 7], [1, 1, 4, 6]]


def times(matrix, x):
    return [sum(m * v for m, v in zip(row, x)) % P for row in matrix]


def permute(x):
    x = times(OUTER, x)
    for added in ROUNDS:
        if len(added) == 4:
            x = times(OUTER, [pow(v + c, 5, P) for v, c in zip(x, added)])
        else:
            x = [pow(x[0] + added[0], 5, P)] + x[1:]
            x = [(d * v + sum(x)) % P for d, v in zip(DIAGONAL_LESS_ONE, x)]
    return x


def hash3(a, b, c, domain):
    return permute([a, b, c, domain])[0]


def margin_leaf(account, sequence, positions_hash, margin):
    return hash3(account << 128 | sequence << 64 | margin, positions_hash >> 128, positions_hash & (1 << 128) - 1, 2)


def root_of(leaves):
    while len(leaves) > 1:
        leaves = [hash3(leaves[i], leaves[i + 1], 0, 1) for i in range(0, len(leaves), 2)]
    return leaves[0]


def path_of(leaves, index):
    path = []
    while len(leaves) > 1:
        path.append(leaves[index ^ 1])
        leaves = [hash3(leaves[i], leaves[i + 1], 0, 1) for i in range(0, len(leaves), 2)]
        index >>= 1
    return path


def drawn(name):
    return int.from_bytes(hashlib.sha256(name.encode()).digest() + hashlib.sha256((name + "/").encode()).digest(), "big")


def word(x):
    return f"0x{x:064x}"


def vectors():
    inputs = [("zeros", [0] * 4), ("ones", [1] * 4), ("counting", [0, 1, 2, 3]), ("largest", [P - 1] * 4), ("largest first", [P - 1, 0, 0, 0]), ("largest last", [0, 0, 0, P - 1])]
    inputs += [(f"random {i}", [drawn(f"poseidon2 {i} {j}") % P for j in range(4)]) for i in range(12)]
    permutations = [{"name": n, "input": [word(v) for v in x], "output": [word(v) for v in permute(x)]} for n, x in inputs]
    most = (1 << 64) - 1
    leaves = [(0, 0, 0, 0), (1, 0, 0, 1), (most, most, (1 << 256) - 1, most), (7, 12, 1 << 128, 250_000_000), (7, 12, 1, 250_000_000)]
    leaves += [tuple(drawn(f"leaf {i} {j}") & ((1 << 256) - 1 if j == 2 else most) for j in range(4)) for i in range(11)]
    kept = [{"account": str(a), "sequence": str(s), "positionsHash": word(h), "margin": str(m), "leaf": word(margin_leaf(a, s, h, m))} for a, s, h, m in leaves]
    hashes = [margin_leaf(*leaf) for leaf in leaves]
    trees = []
    for depth in range(5):
        of = hashes[:1 << depth]
        trees.append({"depth": depth, "root": word(root_of(of)), "paths": [[word(v) for v in path_of(of, i)] for i in range(1 << depth)]})
    return {"field": word(P), "permutations": permutations, "marginLeaves": kept, "trees": trees}


def yul():
    """A round's constants are added where the round before ends; values that live in one step only are declared in it, which saves the stack machine a swap."""
    lines = []

    def mixed(following):
        added = [f"add({{}}, {word(c)})" for c in following] + ["{}"] * (4 - len(following))
        lines.extend(["{", "    let x := addmod(s0, s1, p)", "    let y := addmod(s2, s3, p)", "    let v := add(add(s1, s1), y)", "    let w := add(add(s3, s3), x)",
                      "    let z := addmod(shl(2, y), w, p)", "    let u := addmod(shl(2, x), v, p)", "    s0 := " + added[0].format("add(w, u)"), "    s2 := " + added[2].format("add(v, z)"),
                      "    s1 := " + added[1].format("u"), "    s3 := " + added[3].format("z"), "}"])

    mixed(ROUNDS[0])
    for added, following in zip(ROUNDS, ROUNDS[1:] + [[]]):
        if len(added) == 4:
            for i in range(4):
                lines.extend(["{", f"    let x := mulmod(s{i}, s{i}, p)", f"    s{i} := mulmod(mulmod(x, x, p), s{i}, p)", "}"])
            mixed(following)
        else:
            lines.extend(["{", "    let x := mulmod(s0, s0, p)", "    let y := mulmod(mulmod(x, x, p), s0, p)", "    let z := addmod(add(s1, s2), add(s3, y), p)"])
            for i in range(4):
                value = f"add(mulmod({'y' if i == 0 else f's{i}'}, d{i}, p), z)"
                lines.append(f"    s{i} := " + (f"add({value}, {word(following[i])})" if i < len(following) else value))
            lines.append("}")
    return lines


def library():
    """The lines between the two marks of the library."""
    file = ROOT / "contracts/src/libraries/Poseidon2.sol"
    text = file.read_text()
    begin, end = "            // rounds, made by tools/vectors/poseidon2_vectors.py\n", "            // end of the rounds\n"
    head, rest = text.split(begin)
    tail = rest.split(end)[1]
    file.write_text(head + begin + "".join(f"            {line}\n" for line in yul()) + end + tail)


if __name__ == "__main__":
    assert permute([0] * 4)[0] == 0x18DFB8DC9B82229CFF974EFEFC8DF78B1CE96D9D844236B496785C698BC6732E
    (ROOT / "testdata/vectors/poseidon2.json").write_text(json.dumps(vectors(), indent=1) + "\n")
    library()
