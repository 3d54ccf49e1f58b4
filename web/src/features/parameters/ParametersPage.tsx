import { Group, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { parameters } from '../../shared/api/queries'
import { count } from '../../shared/format'
import { Answer, Empty } from '../../shared/ui/Answer'
import { CopyButton } from '../../shared/ui/CopyButton'
import { DataTable } from '../../shared/ui/DataTable'
import { Page } from '../../shared/ui/Page'
import { Panel } from '../../shared/ui/Panel'
import { useUrlState } from '../../shared/urlState'
import { flatten } from './flatten'
import { RunPanel } from './RunPanel'

export default function ParametersPage() {
  const query = useQuery(parameters)
  const [url, setUrl] = useUrlState({ key: '', try: '' })
  return (
    <Page title="Parameters">
      <Answer query={query} height={900}>
        {({ hash, document }) => {
          const all = flatten(document)
          const shown = all.filter(({ key }) => key.toLowerCase().includes(url.key.toLowerCase()))
          return (
            <>
              <Panel title="Document" aside={<Group gap="xs"><CopyButton text={hash} label="Copy hash" /><CopyButton text={JSON.stringify(document, null, 2)} label="Copy JSON" /></Group>}>
                <dl className="facts"><dt>Hash</dt><dd className="mono">{hash}</dd><dt>Name</dt><dd>{typeof document.name === 'string' ? document.name : '–'}</dd></dl>
              </Panel>
              <RunPanel leaves={all} text={url.try} onChange={text => setUrl({ try: text })} />
              <Panel title={count(shown.length, 'value')} aside={<TextInput size="xs" aria-label="Part of a key" placeholder="Part of a key" value={url.key} onChange={event => setUrl({ key: event.currentTarget.value })} />}>
                {shown.length === 0
                  ? <Empty>No key holds “{url.key}”.</Empty>
                  : (
                    <DataTable
                      caption="Risk parameters" rows={shown} rowKey={row => row.key}
                      columns={[
                        { key: 'key', name: 'Key', cell: row => <span className="mono">{row.key}</span> },
                        { key: 'value', name: 'Value', unit: 'in the unit of docs/model/margin.md', end: true, wrap: true, cell: row => <span className="mono">{row.value}</span> },
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
