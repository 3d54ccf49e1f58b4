import { useQuery } from '@tanstack/react-query'
import { Link } from 'wouter'
import { chain } from '../shared/api/queries'
import { validityOf } from '../shared/chain/validity'
import { age, number } from '../shared/format'
import { useNow } from '../shared/ui/Age'

/** The newest attested batch and its age in the state line: amber past half of its life, red and struck out when it has run out. */
export function BatchAge() {
  const { data } = useQuery(chain)
  const now = useNow()
  if (!data?.batch) return null
  const { level, text, ageMs } = validityOf(data.batch, now)
  const old = `${age(ageMs)} old`
  return (
    <Link href="/chain" className={`nowrap batch ${level === 'ok' ? 'dim' : level}`} title={`attested batch ${data.batch.sequence}: ${text}`}>
      batch <span className="num">{number(data.batch.sequence)}</span> {level === 'danger' ? <s>{old}</s> : old}
    </Link>
  )
}
