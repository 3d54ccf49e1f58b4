import { Anchor, Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from 'wouter'
import { alerts } from '../../shared/api/queries'
import { clock } from '../../shared/format'
import { Answer, Empty } from '../../shared/ui/Answer'
import { severityLevels } from '../../shared/alerts/severities'
import { StateLabel } from '../../shared/ui/StateLabel'

export function AlertList() {
  const query = useQuery(alerts)
  return (
    <Answer query={query} height={170}>
      {({ items }) => items.length === 0
        ? <Empty>No alert: no account is called, no surface degraded, no feed late.</Empty>
        : (
          <Stack gap={6} mah={190} className="scroll" tabIndex={0} role="region" aria-label="Alerts">
            {items.map(item => (
              <div key={`${item.code} ${item.account ?? ''} ${item.since}`} style={{ fontSize: '0.8125rem' }}>
                <StateLabel level={severityLevels[item.severity]} word={item.severity} />{' '}
                <span className="dim">since {clock(item.since)}</span>{' '}
                {item.account && <><Anchor component={Link} href={`/accounts/${encodeURIComponent(item.account)}`} inherit underline="always">{item.account}</Anchor>: </>}
                {item.message}
              </div>
            ))}
          </Stack>
        )}
    </Answer>
  )
}
