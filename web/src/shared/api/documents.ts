import * as v from 'valibot'

/** The documents of docs/api.md, parsed at the border. Money is USD, ratios are fractions, times ISO 8601 in UTC. */

const number = v.number()
const text = v.string()
const flag = v.boolean()
const list = <S extends v.GenericSchema>(item: S) => v.array(item)
const some = <S extends v.GenericSchema>(item: S) => v.optional(item)

export const Reason = v.object({ code: text, message: text })
export const SystemState = v.picklist(['NORMAL', 'DEGRADED', 'REDUCE_ONLY', 'HALT'])
export const AccountState = v.picklist(['healthy', 'marginCall', 'liquidatable', 'refused'])

export const Epoch = v.object({
  number, observedAt: text, computedAt: text, seed: number, state: some(SystemState), degraded: some(flag), snapshotHash: text, parametersHash: text,
  scenarioSetHash: text, arrayRoot: text, bookHash: text, accounts: number, computeMs: number,
})

export const Feed = v.object({
  name: text, ageMs: some(number), lastEventAt: some(text), events: number, refused: number, reconnects: number,
})

export const Health = v.object({
  state: SystemState, since: text, reasons: list(Reason), version: text, startedAt: text, now: text, epoch: some(Epoch), feeds: list(Feed),
  store: v.object({ kind: text, records: number, head: some(text) }),
  loop: v.object({ epochs: number, failures: number, intervalMs: number, lastMs: some(number), p50Ms: some(number), p99Ms: some(number) }),
})

export const AccountRow = v.object({
  account: text, state: AccountState, equity: some(number), initial: some(number), maintenance: some(number), ratio: some(number),
  excess: some(number), available: some(number), binding: some(text), positions: number, refusal: some(Reason),
})

const Totals = v.object({
  accounts: number, equity: number, initial: number, maintenance: number, shortfall: number, belowInitial: number,
  belowMaintenance: number, refused: number,
})
const StateCount = v.object({ state: AccountState, accounts: number, maintenance: number })

export const Overview = v.object({
  epoch: Epoch, state: SystemState, reasons: list(Reason),
  totals: Totals,
  byState: list(StateCount),
  utilisation: list(v.object({ from: number, to: some(number), accounts: number })),
  top: list(AccountRow),
  feeds: list(Feed),
  history: list(v.object({ number, observedAt: text, equity: number, initial: number, maintenance: number, belowMaintenance: number })),
})

export const AccountsPage = v.object({ epoch: Epoch, items: list(AccountRow), next: some(text), total: number })

export const Account = v.object({
  epoch: Epoch, row: AccountRow,
  positions: list(v.object({ instrument: text, quantity: number })),
  collateral: list(v.object({ asset: text, amount: number })),
  reproduce: list(text),
})

const Provenance = v.object({
  observedAt: text, version: text, snapshotHash: text, parametersHash: text, modelParametersHash: some(text), scenarioSetHash: some(text),
  arrayRoot: some(text), seed: some(number), horizonDays: some(number), scenariosWithProbability: some(number), stressScenarios: some(number),
})

const Line = v.object({ name: text, amount: number })

export const AccountMargin = v.object({
  account: text, equity: number, initial: number, maintenance: number, ratio: some(number), excess: number, available: number,
  binding: text, components: list(Line), equityLines: some(list(Line)),
  tail: some(v.object({ level: number, var: number, es: number, standardError: number, upper: number, effectiveTail: number })),
  grid: some(v.object({ scenario: text, loss: number, lossShare: number, counted: number })),
  deferred: some(number),
})

export const MarginDocument = v.object({
  model: text, provenance: Provenance, notes: some(list(v.unknown())), accounts: list(AccountMargin),
})

const Terms = v.object({
  total: number, delta: number, gamma: number, vega: number, skew: number, term: number, theta: number, basis: number, peg: number,
  cross: number, residual: number,
})
const Split = v.object({ shapley: Terms, alone: Terms })
const Moves = list(v.object({ coin: text, spot: number, vol: number }))
const HeatPart = v.object({ pnl: list(list(number)), worst: v.object({ spotMove: number, volMove: number, pnl: number }) })

export const ExplainDocument = v.object({
  provenance: Provenance, margin: AccountMargin,
  positions: list(v.object({
    instrument: text, quantity: number, es: number, esStandardError: number, standaloneEs: number, marginalEs: number,
    standaloneMaintenance: some(number), marginalMaintenance: some(number),
  })),
  tail: some(Split), grid: some(Split),
  heatMap: v.object({ spotMoves: list(number), volMoves: list(number), contracts: HeatPart, account: HeatPart }),
  worstScenarios: list(v.object({
    scenario: number, description: text, moves: Moves, weight: number, pnl: number, countedLoss: number,
    contributions: list(v.object({ instrument: text, pnl: number })),
  })),
})

export const ModelsDocument = v.object({
  provenance: Provenance,
  accounts: list(v.object({
    account: text,
    models: list(v.object({
      model: text, equity: some(number), initial: some(number), maintenance: some(number), binding: some(text),
      error: some(v.union([text, Reason])),
    })),
  })),
})

export const AccountHistory = v.object({
  items: list(v.object({ number, observedAt: text, equity: number, initial: number, maintenance: number, ratio: some(number) })),
})

export const SurfaceDocument = v.object({
  observedAt: text, snapshotHash: text, parametersHash: text,
  underlyings: list(v.object({
    name: text, surfaceHash: some(text), fitMicroseconds: some(number), calendarViolations: number, butterflyViolations: number,
    insideBidAsk: some(number), degraded: flag, degradedReasons: list(Reason),
    slices: list(v.object({
      expiry: text, years: number, forward: number, params: some(v.record(text, v.unknown())), atmVol: number, seen: number, used: number,
      quarantined: v.record(text, number), insideBidAsk: some(number), rmseVol: some(number), minG: number, degraded: flag,
      degradedReasons: list(Reason),
    })),
  })),
})

export const Smiles = v.object({
  epoch: Epoch, underlying: text,
  expiries: list(v.object({
    expiry: text, years: number, forward: number,
    points: list(v.object({
      strike: number, logMoneyness: number, bidVol: some(number), askVol: some(number), markVol: some(number), fitVol: number,
    })),
  })),
})

export const Instruments = v.object({
  epoch: Epoch,
  items: list(v.object({
    instrument: text, underlying: text, kind: text, expiry: some(text), strike: some(number), bid: some(number), ask: some(number),
    mark: some(number), markVol: some(number),
  })),
})

export const Scenarios = v.object({
  epoch: Epoch, scenarios: number, stress: number, horizonDays: number,
  tail: v.object({ level: number, es: number, standardError: number }),
  worst: list(v.object({ scenario: number, description: text, moves: Moves, pnl: number })),
})

export const Parameters = v.object({ hash: text, document: v.record(text, v.unknown()) })
export const ParameterRun = v.object({
  epoch: Epoch, parametersHash: text, changed: list(v.object({ key: text, before: some(text), after: some(text) })),
  before: Totals, after: Totals, statesBefore: list(StateCount), statesAfter: list(StateCount),
  maintenance: list(v.object({ level: number, change: number })),
  called: list(v.object({
    account: text, stateBefore: AccountState, stateAfter: AccountState, equity: some(number), initialBefore: some(number), initialAfter: some(number),
    maintenanceBefore: some(number), maintenanceAfter: some(number), refusal: some(Reason),
  })),
  calledCount: number, relievedCount: number, computeMs: number,
})
export const Epochs = v.object({ items: list(Epoch) })
export const Alerts = v.object({
  items: list(v.object({
    code: text, severity: v.picklist(['info', 'warning', 'critical']), message: text, since: text, account: some(text),
  })),
})
export const Records = v.object({
  items: list(v.object({ sequence: number, kind: text, at: text, hash: text, previous: text })), head: some(v.unknown()),
})

export const WhatIfDocument = v.object({
  provenance: Provenance,
  orders: list(v.object({
    instrument: text, quantity: number, price: some(number), asset: text, payment: number, initialAlone: number, maintenanceAlone: number,
  })),
  before: AccountMargin, after: AccountMargin,
  delta: v.object({ equity: number, initial: number, maintenance: number, es: some(number), excess: number, available: number }),
  worstBefore: some(text), worstAfter: some(text), sufficient: flag,
})

// The chain. Integers of the contracts come as decimal texts.

const integer = v.pipe(text, v.regex(/^-?\d+$/, 'no integer'), v.transform(digits => BigInt(digits)))
const small = v.pipe(text, v.regex(/^\d{1,15}$/, 'no small integer'), v.transform(digits => Number(digits)))
const hex = v.pipe(text, v.regex(/^0x([0-9a-fA-F]{2})*$/, 'no hexadecimal bytes'), v.transform(given => given as `0x${string}`))

// Solvency of the protocol. The index is an integer of 1e-18.

const Band = v.picklist(['strong', 'covered', 'short', 'unknown'])
const Cover = v.object({ amount: number, scenario: some(number), description: some(text), owners: list(text) })

const SolvencyFigures = v.object({
  indexWad: integer, band: Band, level: number, insurance: number, backstop: number, resources: number, shortfall: number, standardError: number,
  shortProbability: number, beyondProbability: number, accounts: number, refused: number,
  worst: list(v.object({ scenario: number, description: text, shortfall: number })),
  cover1: Cover, cover2: Cover, contributors: number,
  contributions: list(v.object({ account: text, owner: text, mean: number, share: number })),
})

export const Solvency = v.object({ epoch: Epoch, ageMs: number, band: Band, reasons: list(Reason), solvency: some(SolvencyFigures) })

export const SolvencyHistory = v.object({
  items: list(v.object({
    epoch: number, at: text, level: number, accounts: number, refused: number, insurance: number, backstop: number, shortfall: number,
    standardError: number, worst: number, cover1: number, cover2: number, indexWad: integer, band: Band,
  })),
})

export const SolvencyWhatIf = v.object({
  provenance: Provenance,
  case: v.object({ lost: list(text), gaps: list(v.object({ asset: text, share: number })), hoursWithoutKeepers: number, lossFactor: number }),
  before: SolvencyFigures, after: SolvencyFigures,
})

/** `shortfall` is what was proven, an integer of 1e-6 USD; `hidden` are names of what the proof does not show. */
export const SolvencyProof = v.object({
  status: v.picklist(['none', 'published', 'expired']), circuit: some(text), publicInputs: some(list(hex)), context: some(hex),
  batchSequence: some(v.union([number, small])), shortfall: some(integer), transaction: some(hex), indexWad: some(integer), acceptedAt: some(text),
  verifiedByChain: some(flag), hidden: some(list(text)), development: some(flag), error: some(Reason),
})

export const Batch = v.object({
  sequence: number, observedAt: text, validUntil: text, accounts: number, refused: number, maintenance: number, equity: number, shortfall: number,
  signatures: number, quorum: number, batchHash: text, digest: text, snapshotHash: text, arrayRoot: text, accountsRoot: text, transaction: some(text),
  block: some(number), gas: some(number), tookMs: number, error: some(Reason),
})

export const Chain = v.object({
  state: v.picklist(['absent', 'starting', 'live', 'failed']), error: some(Reason),
  steps: list(v.object({ at: text, name: text, text, gas: some(number) })),
  house: some(v.object({ chainId: text, contracts: v.record(text, text), setId: number, quorum: number, members: list(text) })),
  block: some(number), blockAt: some(text), batch: some(Batch),
})

export const Batches = v.object({ items: list(Batch) })

const BatchHeader = v.object({
  setId: integer, schema: small, sequence: integer, observedAt: integer, validUntil: integer, bookBlock: integer, snapshotHash: hex, parameterHash: hex,
  scenarioSetHash: hex, arrayRoot: hex, stressRoot: hex, stressSharesHash: hex, pricesHash: hex, accountsRoot: hex, accountCount: small, rowCount: small,
  totalMaintenanceWad: integer, totalEquityWad: integer, totalShortfallWad: integer,
})

const MarginLeaf = v.object({
  account: integer, sequence: integer, positionsHash: hex, initialWad: integer, maintenanceWad: integer, markValueWad: integer, decayWadPerSecond: integer,
})

export const Attestation = v.object({
  batch: Batch, chainId: integer, registry: hex, header: BatchHeader, leaf: MarginLeaf, place: number, path: list(hex),
  signatures: list(v.object({ signer: hex, signature: hex })), members: list(hex), quorum: number,
})

const Auction = v.object({
  account: text, startedAt: some(text), equity: number, worth: number, initial: number, maintenance: number, shortfall: number, rate: some(number),
  curve: list(v.object({ seconds: number, rate: number })), openClaims: number, isMarked: flag, stale: some(Reason),
})

export const Liquidations = v.object({
  block: number, at: text, auctions: list(Auction), due: list(Auction),
  events: list(v.object({ block: number, at: text, transaction: text, event: text, account: some(text), values: v.record(text, text) })),
})

export const Keepers = v.object({
  items: list(v.object({
    name: text, address: text, account: text, dryRun: flag, cashUsd: number, looks: number, lastLookAt: some(text), gasSpentTodayUsd: number,
    gasUsd: number, sent: number,
    actions: list(v.object({
      kind: text, account: text, outcome: text, netUsd: number, gasUsd: number, why: text, skip: some(Reason), transaction: some(text),
    })),
    transactions: list(v.object({
      at: text, kind: text, account: text, nonce: number, outcome: text, transaction: text, feeUsd: some(number), why: text,
    })),
    error: some(Reason),
  })),
})

export const Governance = v.object({
  version: number, documentHash: text, serverDocumentHash: text, inForce: flag,
  values: list(v.object({
    name: text, value: integer, least: integer, most: integer, mostStep: integer, mostIn30Days: integer, leastDelaySeconds: number,
    tightening: v.picklist(['up', 'down', 'neither']), raisedIn30Days: integer, loweredIn30Days: integer,
  })),
})

export type Reason = v.InferOutput<typeof Reason>
export type SystemState = v.InferOutput<typeof SystemState>
export type AccountState = v.InferOutput<typeof AccountState>
export type Epoch = v.InferOutput<typeof Epoch>
export type Feed = v.InferOutput<typeof Feed>
export type Health = v.InferOutput<typeof Health>
export type AccountRow = v.InferOutput<typeof AccountRow>
export type Overview = v.InferOutput<typeof Overview>
export type AccountsPage = v.InferOutput<typeof AccountsPage>
export type Account = v.InferOutput<typeof Account>
export type AccountMargin = v.InferOutput<typeof AccountMargin>
export type ExplainDocument = v.InferOutput<typeof ExplainDocument>
export type ModelsDocument = v.InferOutput<typeof ModelsDocument>
export type SurfaceDocument = v.InferOutput<typeof SurfaceDocument>
export type Smiles = v.InferOutput<typeof Smiles>
export type Instruments = v.InferOutput<typeof Instruments>
export type Instrument = Instruments['items'][number]
export type Scenarios = v.InferOutput<typeof Scenarios>
export type WhatIfDocument = v.InferOutput<typeof WhatIfDocument>
export type ParameterRun = v.InferOutput<typeof ParameterRun>
export type AlertItem = v.InferOutput<typeof Alerts>['items'][number]
export type Batch = v.InferOutput<typeof Batch>
export type Chain = v.InferOutput<typeof Chain>
export type Attestation = v.InferOutput<typeof Attestation>
export type Liquidations = v.InferOutput<typeof Liquidations>
export type Auction = Liquidations['auctions'][number]
export type LiquidationEvent = Liquidations['events'][number]
export type Keeper = v.InferOutput<typeof Keepers>['items'][number]
export type Band = v.InferOutput<typeof Band>
export type Solvency = v.InferOutput<typeof Solvency>
export type SolvencyFigures = v.InferOutput<typeof SolvencyFigures>
export type SolvencyPoint = v.InferOutput<typeof SolvencyHistory>['items'][number]
export type SolvencyWhatIf = v.InferOutput<typeof SolvencyWhatIf>
export type SolvencyProof = v.InferOutput<typeof SolvencyProof>
export type Governance = v.InferOutput<typeof Governance>
export type GovernedValue = Governance['values'][number]
