import { useSyncExternalStore } from 'react'

/** Whether the event stream is there, and since when not: every number on the page is as old as this says. */
export interface Connection {
  state: 'connecting' | 'open' | 'cut'
  /** Milliseconds of the browser's clock at which the stream was cut. */
  cutAt?: number
}

let connection: Connection = { state: 'connecting' }
let serverClockAheadMs = 0
const watchers = new Set<() => void>()

function publish(next: Connection): void {
  connection = next
  for (const watcher of watchers) watcher()
}

export const streamOpened = (): void => publish({ state: 'open' })
export const streamCut = (): void => publish({ state: 'cut', cutAt: connection.cutAt ?? Date.now() })

/** Ages are told by the server's clock: a browser's may be wrong, a replayed market's is another. */
export const serverClockSeen = (now: string): void => { serverClockAheadMs = Date.parse(now) - Date.now() }
export const serverNow = (): number => Date.now() + serverClockAheadMs

const subscribe = (watcher: () => void): (() => void) => {
  watchers.add(watcher)
  return () => { watchers.delete(watcher) }
}

export const useConnection = (): Connection => useSyncExternalStore(subscribe, () => connection)
