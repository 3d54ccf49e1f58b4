import type { ReactNode } from 'react'

type Tone = 'gain' | 'loss' | 'ok' | 'warn' | 'danger' | 'dim'

/** A number of the market or of a margin: struck out while the page is stale. */
export function Num({ children, tone }: { children: ReactNode; tone?: Tone | undefined }) {
  return <span className={tone ? `num ${tone}` : 'num'}>{children}</span>
}

/** Gain for above 0, loss for below: beside the sign, never instead of it. */
export const toneOf = (value: number | undefined): Tone | undefined =>
  value === undefined || value === 0 ? undefined : value > 0 ? 'gain' : 'loss'
