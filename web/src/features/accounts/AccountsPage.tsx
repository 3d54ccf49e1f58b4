import { Anchor, Button, Group, NativeSelect } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, useSearchParams } from 'wouter'
import { AccountTable } from '../../shared/accounts/AccountTable'
import { accounts } from '../../shared/api/queries'
import { count, instant, number } from '../../shared/format'
import { Answer, Empty } from '../../shared/ui/Answer'
import { Page } from '../../shared/ui/Page'
import { Panel } from '../../shared/ui/Panel'
import { accountStates } from '../../shared/ui/StateLabel'
import { useUrlState, withValues } from '../../shared/urlState'
import { CsvExport } from './CsvExport'

const defaults = { state: '', q: '', sort: 'ratio', cursor: '' }
const limit = 50

export default function AccountsPage() {
  const [url, setUrl] = useUrlState(defaults)
  const query = useQuery(accounts({ ...url, limit }))
  // Another filter or order begins at its first page.
  const choose = (values: Partial<typeof defaults>) => setUrl({ ...values, cursor: '' })

  return (
    <Page title="Accounts" aside={<CsvExport filter={url} />}>
      <Group gap="sm" align="end">
        <NativeSelect
          label="State" size="xs" value={url.state} onChange={event => choose({ state: event.currentTarget.value })}
          data={[{ value: '', label: 'all' }, ...Object.entries(accountStates).map(([value, { word }]) => ({ value, label: word }))]}
        />
        <NativeSelect
          label="Order by" size="xs" value={url.sort} onChange={event => choose({ sort: event.currentTarget.value })}
          data={[{ value: 'ratio', label: 'ratio' }, { value: 'excess', label: 'excess' }, { value: 'maintenance', label: 'maintenance' }, { value: 'account', label: 'account' }]}
        />
        {url.q !== '' && <Button size="xs" variant="default" onClick={() => choose({ q: '' })}>Name has “{url.q}”: clear</Button>}
      </Group>
      <Answer query={query} height={900}>
        {page => (
          <Panel title={count(page.total, 'account')} aside={<span className="dim">epoch {number(page.epoch.number)}, market of {instant(page.epoch.observedAt)} UTC</span>}>
            {page.items.length === 0 && (url.q !== '' || url.state !== '')
              ? <Empty>No account passes the filter. <Anchor component={Link} href="/accounts" inherit underline="always">Show all accounts</Anchor></Empty>
              : <AccountTable rows={page.items} caption="Accounts" sort={url.sort} onSort={sort => choose({ sort })} />}
            <Pages {...(page.next === undefined ? {} : { next: page.next })} isFirst={url.cursor === ''} />
          </Panel>
        )}
      </Answer>
    </Page>
  )
}

/** Cursors lead forward only; the browser's Back leads back. */
function Pages({ next, isFirst }: { next?: string; isFirst: boolean }) {
  const [search] = useSearchParams()
  if (isFirst && next === undefined) return null
  const at = (cursor: string): string => `/accounts?${withValues(search, { cursor }, defaults)}`
  return (
    <Group gap="xs" mt="sm" component="nav" aria-label="Pages of the table">
      {!isFirst && <Button size="xs" variant="default" onClick={() => history.back()}>Page before</Button>}
      {!isFirst && <Button size="xs" variant="default" component={Link} href={at('')}>First page</Button>}
      {next !== undefined && <Button size="xs" variant="default" component={Link} href={at(next)}>Next page</Button>}
    </Group>
  )
}
