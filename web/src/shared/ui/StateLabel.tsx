import type { AccountState, SystemState } from '../api/documents'

export type Level = 'ok' | 'warn' | 'danger' | 'dim'

const shapes: Record<Level, string> = {
  ok: 'M3 8.5l3.2 3.2L13 5',
  warn: 'M8 2l6.5 12h-13zM8 6.5v3.2M8 11.8v.4',
  danger: 'M5.2 1.5h5.6l3.7 3.7v5.6l-3.7 3.7H5.2l-3.7-3.7V5.2zM8 4.8v4M8 10.9v.4',
  dim: 'M8 1.8a6.2 6.2 0 100 12.4A6.2 6.2 0 008 1.8zM4 12L12 4',
}

/** Icon, word and colour, in this order of weight. */
export function StateLabel({ level, word }: { level: Level; word: string }) {
  return (
    <span className={`state ${level}`}>
      <svg width="14" height="14" viewBox="0 0 16 16" aria-hidden="true" fill="none" stroke="currentColor" strokeWidth="1.8" strokeLinecap="round" strokeLinejoin="round">
        <path d={shapes[level]} />
      </svg>
      {word}
    </span>
  )
}

export const systemLevels: Record<SystemState, Level> = { NORMAL: 'ok', DEGRADED: 'warn', REDUCE_ONLY: 'warn', HALT: 'danger' }

export const accountStates: Record<AccountState, { level: Level; word: string }> = {
  healthy: { level: 'ok', word: 'healthy' },
  marginCall: { level: 'warn', word: 'margin call' },
  liquidatable: { level: 'danger', word: 'liquidatable' },
  refused: { level: 'dim', word: 'refused' },
}

export const AccountStateLabel = ({ state }: { state: AccountState }) => <StateLabel {...accountStates[state]} />
