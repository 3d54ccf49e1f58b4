import { clock, number } from '../shared/format'
import { Age } from '../shared/ui/Age'
import { StateLabel, systemLevels, type Level } from '../shared/ui/StateLabel'
import { BatchAge } from './BatchAge'
import { useSystem } from './systemState'

/** One line under the header that is always there: what state the system is in and why, of which epoch the page is, and whether it is still told. */
export function StateStrip() {
  const { connection, state, reasons, epoch, intervalMs } = useSystem()
  const isCut = connection.state === 'cut'
  const level: Level = isCut ? 'danger' : state ? systemLevels[state] : 'dim'
  const why = isCut ? 'The server is not heard; connecting again. What is shown below is old.' : reasons.map(reason => `${reason.message} (${reason.code})`).join('; ')

  return (
    <div className="strip" data-level={level}>
      <span role="status" aria-live="polite">
        {isCut
          ? <span data-testid="stale"><StateLabel level="danger" word={`stale, since ${clock(connection.cutAt)} UTC`} /></span>
          : <StateLabel level={level} word={state ?? 'waiting for the server'} />}
      </span>
      <span className="reasons" title={why}>{why}</span>
      <BatchAge />
      {epoch && <span className="dim">epoch <span className="num">{number(epoch.number)}</span></span>}
      {epoch && <Age observedAt={epoch.observedAt} intervalMs={intervalMs} />}
    </div>
  )
}
