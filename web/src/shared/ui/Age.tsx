import { useEffect, useState } from 'react'
import { serverNow } from '../api/live'
import { age, instant } from '../format'

/** Redraws its caller every second; by the server's clock, or another that is the same function each time. */
export function useNow(clock: () => number = serverNow): number {
  const [now, setNow] = useState(clock)
  useEffect(() => {
    const timer = setInterval(() => setNow(clock()), 1000)
    return () => clearInterval(timer)
  }, [clock])
  return now
}

interface AgeProps {
  /** Moment of the market, ISO 8601. */
  observedAt: string
  /** Length between two numbers: amber past one and a half, red and struck out past three. */
  intervalMs?: number | undefined
}

export function Age({ observedAt, intervalMs }: AgeProps) {
  const now = useNow()
  const ageMs = now - Date.parse(observedAt)
  const intervals = intervalMs ? ageMs / Math.max(intervalMs, 1000) : 0
  const tone = intervals > 3 ? 'danger' : intervals > 1.5 ? 'warn' : 'dim'
  const text = age(ageMs)
  return (
    <time dateTime={observedAt} className={`nowrap ${tone}`} title={`${instant(observedAt)} UTC, ${new Date(observedAt).toLocaleString()} here`}>
      {tone === 'danger' ? <s>{text} old</s> : `${text} old`}
    </time>
  )
}
