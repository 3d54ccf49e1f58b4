import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { Problem, request } from './client'
import * as documents from './documents'
import { serverClockSeen } from './live'

/** One query a path. Keys begin with `epoch` where every new epoch makes the answer old; what costs the server more is asked at its own pace. */

const chainMs = 5_000
const heavyMs = 15_000
const houseMs = 3_000

const segment = encodeURIComponent

export const health = queryOptions({
  queryKey: ['health'],
  queryFn: async ({ signal }) => {
    const document = await request(documents.Health, '/health', signal)
    serverClockSeen(document.now)
    return document
  },
  refetchInterval: 5_000,
})

export const overview = queryOptions({
  queryKey: ['overview'],
  queryFn: ({ signal }) => request(documents.Overview, '/overview', signal),
})

export const alerts = queryOptions({
  queryKey: ['epoch', 'alerts'],
  queryFn: ({ signal }) => request(documents.Alerts, '/alerts', signal),
})

export interface AccountFilter { state: string; q: string; sort: string; cursor: string; limit: number }

export const accountsPath = (filter: AccountFilter): string => {
  const given = Object.entries(filter).filter(([, value]) => value !== '').map(([name, value]) => [name, String(value)])
  return `/accounts?${new URLSearchParams(given)}`
}

export const accounts = (filter: AccountFilter) => queryOptions({
  queryKey: ['epoch', 'accounts', filter],
  queryFn: ({ signal }) => request(documents.AccountsPage, accountsPath(filter), signal),
  placeholderData: keepPreviousData,
})

export const account = (id: string) => queryOptions({
  queryKey: ['epoch', 'account', id],
  queryFn: ({ signal }) => request(documents.Account, `/accounts/${segment(id)}`, signal),
})

export const margin = (id: string) => queryOptions({
  queryKey: ['epoch', 'margin', id],
  queryFn: ({ signal }) => request(documents.MarginDocument, `/accounts/${segment(id)}/margin`, signal),
})

export const explain = (id: string) => queryOptions({
  queryKey: ['explain', id],
  refetchInterval: heavyMs,
  queryFn: ({ signal }) => request(documents.ExplainDocument, `/accounts/${segment(id)}/explain?worst=20&decay=false`, signal),
})

export const models = (id: string) => queryOptions({
  queryKey: ['models', id],
  refetchInterval: heavyMs,
  queryFn: ({ signal }) => request(documents.ModelsDocument, `/accounts/${segment(id)}/models`, signal),
})

export const accountHistory = (id: string) => queryOptions({
  queryKey: ['epoch', 'history', id],
  queryFn: ({ signal }) => request(documents.AccountHistory, `/accounts/${segment(id)}/history?last=200`, signal),
})

export const surfaces = queryOptions({
  queryKey: ['epoch', 'surfaces'],
  queryFn: ({ signal }) => request(documents.SurfaceDocument, '/surfaces', signal),
})

export const smiles = (underlying: string) => queryOptions({
  queryKey: ['epoch', 'smiles', underlying],
  queryFn: ({ signal }) => request(documents.Smiles, `/surfaces/${segment(underlying)}/smiles`, signal),
  enabled: underlying !== '',
})

export const instruments = queryOptions({
  queryKey: ['instruments'],
  refetchInterval: chainMs,
  queryFn: ({ signal }) => request(documents.Instruments, '/instruments', signal),
})

export const scenarios = queryOptions({
  queryKey: ['scenarios'],
  refetchInterval: heavyMs,
  queryFn: ({ signal }) => request(documents.Scenarios, '/scenarios?worst=20', signal),
})

export const solvency = queryOptions({
  queryKey: ['epoch', 'solvency'],
  queryFn: ({ signal }) => request(documents.Solvency, '/solvency', signal),
})

export const solvencyHistory = queryOptions({
  queryKey: ['epoch', 'solvency', 'history'],
  queryFn: ({ signal }) => request(documents.SolvencyHistory, '/solvency/history?last=500', signal),
})

/** A whole book anew for the server: asked when somebody wants it, each time in a turn of its own. */
export const solvencyWhatIf = (query: string, turn: number) => queryOptions({
  queryKey: ['solvency', 'whatif', query, turn],
  queryFn: ({ signal }) => request(documents.SolvencyWhatIf, `/solvency/whatif?${query}`, signal),
  staleTime: Infinity,
  gcTime: 0,
  retry: false,
  refetchOnWindowFocus: false,
  refetchOnReconnect: false,
})

/** A server that knows of no proofs has published none. */
export const solvencyProof = queryOptions({
  queryKey: ['chain', 'solvency', 'proof'],
  refetchInterval: heavyMs,
  queryFn: async ({ signal }): Promise<documents.SolvencyProof> => {
    try {
      return await request(documents.SolvencyProof, '/solvency/proof', signal)
    } catch (error) {
      if (error instanceof Problem && error.status === 404) return { status: 'none' }
      throw error
    }
  },
})

export const parameters = queryOptions({
  queryKey: ['parameters'],
  queryFn: ({ signal }) => request(documents.Parameters, '/params', signal),
})

/** Costs the server an epoch: asked when somebody wants it, each time in a turn of its own, not again by itself. */
export const parameterRun = (changes: Readonly<Record<string, unknown>>, turn: number) => queryOptions({
  queryKey: ['run', changes, turn],
  queryFn: ({ signal }) => request(documents.ParameterRun, '/params/run', signal, { changes }),
  staleTime: Infinity,
  gcTime: 0,
  retry: false,
  refetchOnWindowFocus: false,
  refetchOnReconnect: false,
})

export const epochs = queryOptions({
  queryKey: ['epoch', 'epochs'],
  queryFn: ({ signal }) => request(documents.Epochs, '/epochs?last=100', signal),
})

/** What is appended after `after`; the last records are those after head − limit. */
export const records = (after: number) => queryOptions({
  queryKey: ['epoch', 'records', after],
  queryFn: ({ signal }) => request(documents.Records, `/records?after=${after}&limit=20`, signal),
  placeholderData: keepPreviousData,
})

/** Whether the server follows a house on a chain, and how far it is. Keys below begin with `chain`: a batch makes them old. A server without a chain says so once. */
export const chain = queryOptions({
  queryKey: ['chain', 'state'],
  queryFn: ({ signal }) => request(documents.Chain, '/chain', signal),
  refetchInterval: query => query.state.data?.state === 'absent' ? false : houseMs,
})

export const batches = queryOptions({
  queryKey: ['chain', 'batches'],
  queryFn: ({ signal }) => request(documents.Batches, '/batches?last=100', signal),
})

export const attestation = (id: string) => queryOptions({
  queryKey: ['chain', 'attestation', id],
  queryFn: ({ signal }) => request(documents.Attestation, `/accounts/${segment(id)}/attestation`, signal),
})

export const liquidations = queryOptions({
  queryKey: ['chain', 'liquidations'],
  queryFn: ({ signal }) => request(documents.Liquidations, '/liquidations', signal),
  refetchInterval: houseMs,
})

export const keepers = queryOptions({
  queryKey: ['chain', 'keepers'],
  queryFn: ({ signal }) => request(documents.Keepers, '/keepers', signal),
  refetchInterval: houseMs,
})

export const governance = queryOptions({
  queryKey: ['chain', 'governance'],
  queryFn: ({ signal }) => request(documents.Governance, '/governance', signal),
  refetchInterval: heavyMs,
})

export interface Order { instrument: string; quantity: number; price?: number }

export const whatIf = (id: string, orders: readonly Order[]) => queryOptions({
  queryKey: ['epoch', 'whatif', id, orders],
  queryFn: ({ signal }) => request(documents.WhatIfDocument, `/accounts/${segment(id)}/whatif`, signal, { orders }),
  enabled: id !== '' && orders.length > 0,
  placeholderData: keepPreviousData,
})
