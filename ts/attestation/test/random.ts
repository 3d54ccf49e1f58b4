// Random messages as docs/model/encoding.md draws them, the same in every language.
import { concat, keccak256, numberToHex, type Hex } from 'viem';
import { attestationDomain, digest, orderDomain, structHash, typedData, type MessageName, type Messages } from '../src/messages.js';

const kinds: readonly MessageName[] = ['BatchHeader', 'MarginLeaf', 'StressRow', 'Clearance', 'SettlementPrice', 'FundingIndex', 'Order', 'Trade', 'CoinWithdrawal', 'Liquidation', 'Deleveraging'];
const mask = (1n << 64n) - 1n;

class Draw {
  private state: bigint;

  constructor(index: number) {
    this.state = 0x504d53n + (BigInt(index) << 32n);
  }

  next(): bigint {
    this.state = (this.state + 0x9e3779b97f4a7c15n) & mask;
    let z = this.state;
    z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & mask;
    z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & mask;
    return z ^ (z >> 31n);
  }

  raw(bits: number): bigint {
    let value = 0n;
    for (let words = Math.ceil(bits / 64); words > 0; words--) value = (value << 64n) | this.next();
    return value & ((1n << BigInt(bits)) - 1n);
  }

  unsigned(bits: number): bigint {
    const mode = Number(this.next() & 7n);
    return mode > 2 ? this.raw(bits) : mode === 0 ? 0n : mode === 1 ? (1n << BigInt(bits)) - 1n : 1n;
  }

  signed(bits: number): bigint {
    const half = 1n << BigInt(bits - 1);
    const mode = Number(this.next() & 7n);
    if (mode < 4) return mode === 0 ? 0n : mode === 1 ? half - 1n : mode === 2 ? -half : -1n;
    const value = this.raw(bits);
    return value >= half ? value - 2n * half : value;
  }

  struct(name: keyof typeof typedData): Record<string, unknown> {
    if (name === 'Match') return { buy: this.struct('Order'), sell: this.struct('Order'), quantityWad: this.unsigned(127), priceWad: this.unsigned(128) };
    const result: Record<string, unknown> = {};
    for (const f of typedData[name]) result[f.name] = this.value(f.type);
    return result;
  }

  address(): Hex {
    return numberToHex(this.raw(160), { size: 20 });
  }

  private value(type: string): unknown {
    if (type.endsWith('[]')) {
      const items: unknown[] = [];
      for (let left = this.next() % 4n; left > 0n; left--) items.push(this.struct(type.slice(0, -2) as keyof typeof typedData));
      return items;
    }
    if (type === 'bytes32') return numberToHex(this.raw(256), { size: 32 });
    if (type === 'address') return this.address();
    if (type === 'bool') return (this.next() & 1n) === 1n;
    if (type === 'int256') return this.unsigned(128); // a mark: never made below 0
    const bits = Number(/\d+$/.exec(type)?.[0]);
    const number = type.startsWith('int') ? this.signed(bits) : this.unsigned(bits);
    return bits <= 48 ? Number(number) : number;
  }
}

/** Hash over the hashes of one message more. */
export function fold(running: Hex, index: number): Hex {
  const draw = new Draw(index);
  const name = kinds[index % kinds.length];
  if (name === undefined) throw new Error(`no kind for ${index}`);
  const chainId = draw.unsigned(64);
  const contract = draw.address();
  const domain = index % kinds.length >= 6 ? orderDomain(chainId, contract) : attestationDomain(chainId, contract);
  const message = draw.struct(name) as unknown as Messages[typeof name];
  return keccak256(concat([running, structHash(name, message), digest(domain, name, message)]));
}
