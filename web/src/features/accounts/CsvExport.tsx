import { Button, Group } from '@mantine/core'
import { useState } from 'react'
import { request } from '../../shared/api/client'
import { AccountsPage, type AccountRow } from '../../shared/api/documents'
import { accountsPath } from '../../shared/api/queries'
import { csv } from './csv'

const columns = ['account', 'state', 'equity', 'initial', 'maintenance', 'ratio', 'excess', 'available', 'binding', 'positions'] as const
const pageLimit = 200
const mostPages = 500

/** All accounts that pass the filter, raw values, with the epoch that each row is of. */
async function collect(filter: { state: string; q: string; sort: string }): Promise<string> {
  const rows: (readonly unknown[])[] = []
  let cursor = ''
  for (let page = 0; page < mostPages; page++) {
    const answer = await request(AccountsPage, accountsPath({ ...filter, cursor, limit: pageLimit }))
    rows.push(...answer.items.map((row: AccountRow) => [answer.epoch.number, answer.epoch.observedAt, ...columns.map(name => row[name])]))
    if (answer.next === undefined) return csv(['epoch', 'observedAt', ...columns], rows)
    cursor = answer.next
  }
  throw new Error(`more than ${mostPages * pageLimit} accounts: narrow the filter`)
}

export function CsvExport({ filter }: { filter: { state: string; q: string; sort: string } }) {
  const [working, setWorking] = useState(false)
  const [failed, setFailed] = useState('')

  async function save(): Promise<void> {
    setWorking(true)
    setFailed('')
    try {
      const address = URL.createObjectURL(new Blob([await collect(filter)], { type: 'text/csv' }))
      Object.assign(document.createElement('a'), { href: address, download: 'accounts.csv' }).click()
      URL.revokeObjectURL(address)
    } catch (error) {
      setFailed(error instanceof Error ? error.message : String(error))
    }
    setWorking(false)
  }

  return (
    <Group gap="xs">
      {failed !== '' && <span role="alert" className="loss">Export failed: {failed}</span>}
      <Button size="xs" variant="default" loading={working} onClick={() => void save()} data-export>Export CSV</Button>
    </Group>
  )
}
