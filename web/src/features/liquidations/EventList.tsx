import type { LiquidationEvent } from '../../shared/api/documents'
import { clock, instant } from '../../shared/format'
import { AccountLink } from '../../shared/ui/AccountLink'
import { Hash } from '../../shared/ui/Hash'
import { wordsOf } from './eventWords'

/** The newest first, as a line in time. */
export function EventList({ events }: { events: readonly LiquidationEvent[] }) {
  return (
    <ol className="timeline" aria-label="Events, the newest first">
      {events.map((item, index) => {
        const { level, text } = wordsOf(item)
        return (
          <li key={`${item.transaction} ${item.event} ${item.account ?? ''} ${events.length - index}`} className={level}>
            <time dateTime={item.at} title={`${instant(item.at)} UTC`} className="dim">{clock(item.at)}</time>
            <span className="what">
              {item.account !== undefined && <>account <AccountLink account={item.account} />: </>}
              <span className="num">{text}</span>{' '}
              <span className="dim nowrap">{item.event}, block {item.block}, <Hash value={item.transaction} name={`transaction of ${item.event}`} /></span>
            </span>
          </li>
        )
      })}
    </ol>
  )
}
