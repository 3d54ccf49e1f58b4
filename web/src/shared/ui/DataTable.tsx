import { useRef, useState, type KeyboardEvent, type ReactNode } from 'react'

export interface Column<Row> {
  key: string
  name: string
  unit?: string
  /** Numbers stand at the right. */
  end?: boolean
  /** Long texts may break. */
  wrap?: boolean
  cell: (row: Row) => ReactNode
  /** Ordering by this column can be asked for. */
  sortable?: boolean
}

interface DataTableProps<Row> {
  caption: string
  columns: readonly Column<Row>[]
  rows: readonly Row[]
  rowKey: (row: Row, index: number) => string
  rowClass?: (row: Row) => string | undefined
  /** Enter or a click on a row. The row's first cell should hold a link to the same place. */
  onOpen?: (row: Row) => void
  sort?: string
  onSort?: (key: string) => void
  maxHeight?: number
}

/** A table with j, k and Enter: one row at a time can be reached by Tab, the others from it. */
export function DataTable<Row>({ caption, columns, rows, rowKey, rowClass, onOpen, sort, onSort, maxHeight }: DataTableProps<Row>) {
  const body = useRef<HTMLTableSectionElement>(null)
  const [active, setActive] = useState(0)
  const reachable = Math.min(active, rows.length - 1)

  function move(event: KeyboardEvent<HTMLTableRowElement>, index: number, row: Row): void {
    const step = event.key === 'j' || event.key === 'ArrowDown' ? 1 : event.key === 'k' || event.key === 'ArrowUp' ? -1 : 0
    if (step !== 0) {
      event.preventDefault()
      event.stopPropagation()
      const next = Math.min(Math.max(index + step, 0), rows.length - 1)
      setActive(next)
      body.current?.rows[next]?.focus()
    } else if (event.key === 'Enter' && event.target === event.currentTarget && onOpen) {
      onOpen(row)
    }
  }

  return (
    <div className="scroll" style={maxHeight ? { maxHeight } : undefined} tabIndex={onOpen ? undefined : 0} role="region" aria-label={caption}>
      <table className="grid-table">
        <caption>{caption}</caption>
        <thead>
          <tr>
            {columns.map(column => (
              <th key={column.key} scope="col" className={column.end ? 'end' : undefined} aria-sort={column.sortable && sort === column.key ? 'other' : undefined}>
                {column.sortable && onSort
                  ? <button type="button" onClick={() => onSort(column.key)}>{column.name}{sort === column.key ? ' ▾' : ''}</button>
                  : column.name}
                {column.unit && <span className="unit">{column.unit}</span>}
              </th>
            ))}
          </tr>
        </thead>
        <tbody ref={body} data-rows={onOpen ? 'open' : 'read'}>
          {rows.map((row, index) => (
            <tr
              key={rowKey(row, index)} className={rowClass?.(row)} data-opens={onOpen ? true : undefined}
              tabIndex={onOpen ? (index === reachable ? 0 : -1) : undefined}
              onFocus={onOpen && (() => setActive(index))}
              onKeyDown={onOpen && (event => move(event, index, row))}
              onClick={onOpen && (event => { if (!(event.target as HTMLElement).closest('a,button')) onOpen(row) })}
            >
              {columns.map(column => (
                <td key={column.key} className={[column.end && 'end', column.wrap && 'wrap'].filter(Boolean).join(' ') || undefined}>{column.cell(row)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
