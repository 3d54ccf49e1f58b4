import { Group, NativeSelect, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { severityLevels } from '../../shared/alerts/severities'
import { alerts } from '../../shared/api/queries'
import { age, count, instant, number } from '../../shared/format'
import { AccountLink } from '../../shared/ui/AccountLink'
import { useNow } from '../../shared/ui/Age'
import { Answer, Empty } from '../../shared/ui/Answer'
import { DataTable } from '../../shared/ui/DataTable'
import { Num } from '../../shared/ui/Num'
import { Page } from '../../shared/ui/Page'
import { Panel } from '../../shared/ui/Panel'
import { StateLabel } from '../../shared/ui/StateLabel'
import { Tiles } from '../../shared/ui/Tiles'
import { useUrlState } from '../../shared/urlState'

const severities = ['critical', 'warning', 'info'] as const

export default function AlertsPage() {
  const query = useQuery(alerts)
  const [url, setUrl] = useUrlState({ severity: '', about: '' })
  const now = useNow()
  return (
    <Page title="Alerts">
      <Answer query={query} height={600}>
        {({ items }) => {
          const asked = url.about.toLowerCase()
          const shown = items
            .filter(item => (url.severity === '' || item.severity === url.severity) && `${item.code} ${item.account ?? ''} ${item.message}`.toLowerCase().includes(asked))
            .toSorted((first, second) => severities.indexOf(first.severity) - severities.indexOf(second.severity) || second.since.localeCompare(first.since))
          return (
            <>
              <Tiles tiles={severities.map(severity => ({
                name: severity, value: <StateLabel level={severityLevels[severity]} word={number(items.filter(item => item.severity === severity).length)} />,
              }))} />
              <Group gap="sm" align="end">
                <NativeSelect
                  size="xs" label="Severity" value={url.severity} onChange={event => setUrl({ severity: event.currentTarget.value })}
                  data={[{ value: '', label: 'all' }, ...severities]}
                />
                <TextInput size="xs" label="About" placeholder="account, code or words" value={url.about} onChange={event => setUrl({ about: event.currentTarget.value })} />
              </Group>
              <Panel title={count(shown.length, 'alert')}>
                {shown.length === 0
                  ? <Empty>{items.length === 0 ? 'No alert: no account is called, no surface degraded, no feed late. What comes up is listed here with the time since when.' : 'No alert is of this kind; there are others.'}</Empty>
                  : (
                    <DataTable
                      caption="Alerts, the gravest first" rows={shown} rowKey={row => `${row.code} ${row.account ?? ''} ${row.since}`}
                      columns={[
                        { key: 'severity', name: 'Severity', cell: row => <StateLabel level={severityLevels[row.severity]} word={row.severity} /> },
                        { key: 'account', name: 'Account', cell: row => <AccountLink account={row.account} /> },
                        { key: 'message', name: 'What', wrap: true, cell: row => row.message },
                        { key: 'code', name: 'Code', cell: row => <span className="mono">{row.code}</span> },
                        { key: 'since', name: 'Since', unit: 'UTC', end: true, cell: row => <Num>{instant(row.since)}</Num> },
                        { key: 'age', name: 'For', end: true, cell: row => <Num>{age(now - Date.parse(row.since))}</Num> },
                      ]}
                    />
                  )}
              </Panel>
            </>
          )
        }}
      </Answer>
    </Page>
  )
}
