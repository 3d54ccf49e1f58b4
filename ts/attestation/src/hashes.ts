// Hashes that are not messages of their own.
import { concat, encodeAbiParameters, encodePacked, keccak256, numberToHex, type Address, type Hex } from 'viem';

/** Kinds of contracts; the numbers are the chain's. */
export const instrumentKinds = { call: 1, put: 2, future: 3, perpetual: 4 } as const;

export interface InstrumentTerms {
  readonly kind: number;
  readonly priceId: number;
  readonly expiry: number;
  readonly strikeWad: bigint;
}

export interface LegChange {
  readonly instrument: Hex;
  readonly fromWad: bigint;
  readonly toWad: bigint;
}

/** Positions hash of an account that never held a leg. */
export const noPositions: Hex = `0x${'00'.repeat(32)}`;

export function instrumentId(terms: InstrumentTerms): Hex {
  return keccak256(
    encodeAbiParameters([{ type: 'uint8' }, { type: 'uint8' }, { type: 'uint40' }, { type: 'uint128' }], [terms.kind, terms.priceId, terms.expiry, terms.strikeWad]),
  );
}

/** The hash after one change of a leg. */
export function positionsAfter(hash: Hex, change: LegChange): Hex {
  return keccak256(
    encodeAbiParameters([{ type: 'bytes32' }, { type: 'bytes32' }, { type: 'int128' }, { type: 'int128' }], [hash, change.instrument, change.fromWad, change.toWad]),
  );
}

/** @param members rising */
export function setHash(setId: bigint, members: readonly Address[]): Hex {
  return keccak256(encodeAbiParameters([{ type: 'uint64' }, { type: 'address[]' }], [setId, members]));
}

/** @param pricesE8 price id 0 first, 1e-8 USD */
export function pricesHash(pricesE8: readonly bigint[]): Hex {
  return keccak256(encodePacked(['uint64[]'], [pricesE8]));
}

/** @param partsPerBillion loss share of each stress scenario, rounded up */
export function sharesHash(partsPerBillion: readonly number[]): Hex {
  return keccak256(partsPerBillion.length === 0 ? '0x' : concat(partsPerBillion.map((s) => numberToHex(s, { size: 4 }))));
}

/** The entries of a stress row: 4 bytes each, big-endian two's complement. */
export function entryBytes(entries: readonly number[]): Hex {
  return entries.length === 0 ? '0x' : concat(entries.map((e) => numberToHex(e, { size: 4, signed: true })));
}
