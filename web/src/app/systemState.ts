import { useQuery } from '@tanstack/react-query'
import type { Epoch, Reason, SystemState } from '../shared/api/documents'
import { useConnection, type Connection } from '../shared/api/live'
import { health, overview } from '../shared/api/queries'

interface System {
  connection: Connection
  state: SystemState | undefined
  reasons: readonly Reason[]
  epoch: Epoch | undefined
  intervalMs: number | undefined
  /** Numbers on the page are old: nobody tells new ones, or there are none. */
  isStale: boolean
}

/** Health and overview both tell the state; the one that came later is right. In HALT there may be no overview. */
export function useSystem(): System {
  const connection = useConnection()
  const { data: healthNow, dataUpdatedAt: healthAt } = useQuery(health)
  const { data: view, dataUpdatedAt: viewAt } = useQuery({ ...overview, enabled: false })
  const latest = view && viewAt > healthAt ? view : healthNow ?? view
  return {
    connection, state: latest?.state, reasons: latest?.reasons ?? [], epoch: latest?.epoch ?? view?.epoch, intervalMs: healthNow?.loop.intervalMs,
    isStale: connection.state === 'cut' || latest?.state === 'HALT',
  }
}
