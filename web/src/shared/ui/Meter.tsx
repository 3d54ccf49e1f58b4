/** A share of a bound as a bar with its words: the bar is for the eye, the words say the same. */
export function Meter({ share, text, level = 'ok' }: { share: number; text: string; level?: 'ok' | 'warn' | 'danger' }) {
  return (
    <span className="meter">
      <span className="meter-bar" aria-hidden="true"><span className={`meter-used ${level}`} style={{ width: `${Math.min(Math.max(share, 0), 1) * 100}%` }} /></span>
      <span className={level === 'ok' ? 'num' : `num ${level}`}>{text}</span>
    </span>
  )
}
