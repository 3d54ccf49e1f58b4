// Messages of attesters and owners, as contracts/src/types holds them: amounts and ids are bigint (wad: 1e-18 USD), small numbers are number.
import { concat, domainSeparator as separatorOf, hashStruct, keccak256, type Address, type Hex } from 'viem';

export interface BatchHeader {
  readonly setId: bigint;
  readonly schema: number;
  readonly sequence: bigint;
  readonly observedAt: bigint;
  readonly validUntil: bigint;
  readonly bookBlock: bigint;
  readonly snapshotHash: Hex;
  readonly parameterHash: Hex;
  readonly scenarioSetHash: Hex;
  readonly arrayRoot: Hex;
  readonly stressRoot: Hex;
  readonly stressSharesHash: Hex;
  readonly pricesHash: Hex;
  readonly accountsRoot: Hex;
  readonly accountCount: number;
  readonly rowCount: number;
  readonly totalMaintenanceWad: bigint;
  readonly totalEquityWad: bigint;
  readonly totalShortfallWad: bigint;
}

export interface MarginLeaf {
  readonly account: bigint;
  readonly sequence: bigint;
  readonly positionsHash: Hex;
  readonly initialWad: bigint;
  readonly maintenanceWad: bigint;
  readonly markValueWad: bigint;
  readonly decayWadPerSecond: bigint;
}

export interface StressRow {
  readonly instrument: Hex;
  readonly markWad: bigint;
  readonly tickExponent: number;
  readonly entriesHash: Hex;
}

export interface AccountClearance {
  readonly account: bigint;
  readonly sequence: bigint;
  readonly positionsHashBefore: Hex;
  readonly positionsHashAfter: Hex;
  readonly initialWad: bigint;
  readonly maintenanceWad: bigint;
  readonly markValueWad: bigint;
  readonly reducesRisk: boolean;
}

export interface Clearance {
  readonly setId: bigint;
  readonly batchSequence: bigint;
  readonly observedAt: bigint;
  readonly validUntil: bigint;
  readonly actionHash: Hex;
  readonly parameterHash: Hex;
  readonly accounts: readonly AccountClearance[];
}

export interface SettlementPrice {
  readonly setId: bigint;
  readonly priceId: number;
  readonly expiry: bigint;
  readonly priceE8: bigint;
  readonly observedAt: bigint;
}

export interface FundingIndex {
  readonly setId: bigint;
  readonly instrument: Hex;
  readonly sequence: bigint;
  readonly indexWad: bigint;
  readonly observedAt: bigint;
}

export interface Order {
  readonly account: bigint;
  readonly instrument: Hex;
  readonly quantityWad: bigint;
  readonly limitPriceWad: bigint;
  readonly expiry: bigint;
  readonly nonce: bigint;
  readonly matcher: Address;
}

export interface Match {
  readonly buy: Order;
  readonly sell: Order;
  readonly quantityWad: bigint;
  readonly priceWad: bigint;
}

export interface Trade {
  readonly matches: readonly Match[];
}

export interface CoinWithdrawal {
  readonly account: bigint;
  readonly coin: number;
  readonly amount: bigint;
  readonly to: Address;
}

export interface Leg {
  readonly instrument: Hex;
  readonly quantityWad: bigint;
}

/** Legs of a plan change hands. */
export interface Liquidation {
  readonly from: bigint;
  readonly to: bigint;
  readonly legs: readonly Leg[];
}

/** Legs of an account that is worth nothing go to one that holds the other side of each. */
export interface Deleveraging {
  readonly from: bigint;
  readonly to: bigint;
  readonly legs: readonly Leg[];
  readonly valueWad: bigint;
  readonly movedWad: bigint;
  readonly allWad: bigint;
}

/** Every message by the name of its EIP-712 type. */
export interface Messages {
  readonly BatchHeader: BatchHeader;
  readonly MarginLeaf: MarginLeaf;
  readonly StressRow: StressRow;
  readonly Clearance: Clearance;
  readonly SettlementPrice: SettlementPrice;
  readonly FundingIndex: FundingIndex;
  readonly Order: Order;
  readonly Trade: Trade;
  readonly CoinWithdrawal: CoinWithdrawal;
  readonly Liquidation: Liquidation;
  readonly Deleveraging: Deleveraging;
}

export type MessageName = keyof Messages;

/** The fields of every type in their order, as EIP-712 hashes them. */
export const typedData = {
  BatchHeader: fields(
    'uint64 setId,uint32 schema,uint64 sequence,uint64 observedAt,uint64 validUntil,uint64 bookBlock,bytes32 snapshotHash,bytes32 parameterHash,bytes32 scenarioSetHash,bytes32 arrayRoot,' +
      'bytes32 stressRoot,bytes32 stressSharesHash,bytes32 pricesHash,bytes32 accountsRoot,uint32 accountCount,uint32 rowCount,uint128 totalMaintenanceWad,int128 totalEquityWad,uint128 totalShortfallWad',
  ),
  MarginLeaf: fields('uint64 account,uint64 sequence,bytes32 positionsHash,uint128 initialWad,uint128 maintenanceWad,int128 markValueWad,uint128 decayWadPerSecond'),
  StressRow: fields('bytes32 instrument,int256 markWad,int8 tickExponent,bytes32 entriesHash'),
  AccountClearance: fields(
    'uint64 account,uint64 sequence,bytes32 positionsHashBefore,bytes32 positionsHashAfter,uint128 initialWad,uint128 maintenanceWad,int128 markValueWad,bool reducesRisk',
  ),
  Clearance: fields('uint64 setId,uint64 batchSequence,uint64 observedAt,uint64 validUntil,bytes32 actionHash,bytes32 parameterHash,AccountClearance[] accounts'),
  SettlementPrice: fields('uint64 setId,uint8 priceId,uint64 expiry,uint64 priceE8,uint64 observedAt'),
  FundingIndex: fields('uint64 setId,bytes32 instrument,uint64 sequence,int128 indexWad,uint64 observedAt'),
  Order: fields('uint64 account,bytes32 instrument,int128 quantityWad,uint128 limitPriceWad,uint64 expiry,uint64 nonce,address matcher'),
  Match: fields('bytes32 buyOrder,bytes32 sellOrder,uint128 quantityWad,uint128 priceWad'),
  Trade: fields('Match[] matches'),
  CoinWithdrawal: fields('uint64 account,uint8 coin,uint256 amount,address to'),
  Leg: fields('bytes32 instrument,int128 quantityWad'),
  Liquidation: fields('uint64 from,uint64 to,Leg[] legs'),
  Deleveraging: fields('uint64 from,uint64 to,Leg[] legs,int128 valueWad,uint128 movedWad,uint128 allWad'),
} as const;

/** Where a signature counts. */
export interface Domain {
  readonly name: string;
  readonly version: string;
  readonly chainId: bigint;
  readonly verifyingContract: Address;
}

/** Domain of batches, clearances, settlement prices and funding indices. */
export function attestationDomain(chainId: bigint, registry: Address): Domain {
  return { name: 'PMS Attestation', version: '1', chainId, verifyingContract: registry };
}

/** Domain of orders. */
export function orderDomain(chainId: bigint, house: Address): Domain {
  return { name: 'PMS Clearing House', version: '1', chainId, verifyingContract: house };
}

/** hashStruct of EIP-712: the hash of a batch, of a leaf before its tag, of an action that a clearance names. */
export function structHash<Name extends MessageName>(name: Name, message: Messages[Name]): Hex {
  return hashStruct({ data: dataOf(name, message), primaryType: name, types: typedData });
}

/** What a signer signs. */
export function digest<Name extends MessageName>(domain: Domain, name: Name, message: Messages[Name]): Hex {
  return keccak256(concat(['0x1901', domainSeparator(domain), structHash(name, message)]));
}

export function domainSeparator(domain: Domain): Hex {
  return separatorOf({ domain });
}

/** A message as viem hashes it: a match names its orders by their hashes. */
function dataOf<Name extends MessageName>(name: Name, message: Messages[Name]): Record<string, unknown> {
  if (name !== 'Trade') return { ...message };
  return {
    matches: (message as Trade).matches.map((m) => ({
      buyOrder: structHash('Order', m.buy),
      sellOrder: structHash('Order', m.sell),
      quantityWad: m.quantityWad,
      priceWad: m.priceWad,
    })),
  };
}

function fields(text: string): readonly { readonly name: string; readonly type: string }[] {
  return text.split(',').map((field) => {
    const [type, name] = field.split(' ');
    if (type === undefined || name === undefined) throw new Error(`'${field}' is not a type and a name`);
    return { name, type };
  });
}
