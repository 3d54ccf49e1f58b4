import { useSearchParams } from 'wouter'

/** The query part of the address as a page's state: values that are the default are left out. */
export function withValues(search: URLSearchParams, values: Readonly<Record<string, string>>, defaults: Readonly<Record<string, string>>): URLSearchParams {
  const next = new URLSearchParams(search)
  for (const [name, value] of Object.entries(values)) {
    if (value === '' || value === defaults[name]) next.delete(name)
    else next.set(name, value)
  }
  return next
}

export function valuesOf<T extends Record<string, string>>(search: URLSearchParams, defaults: T): T {
  return Object.fromEntries(Object.entries(defaults).map(([name, value]) => [name, search.get(name) ?? value])) as T
}

/** State in the address. A change replaces the entry in the history: Back leaves the page, it does not undo a filter. */
export function useUrlState<T extends Record<string, string>>(defaults: T): [T, (values: Partial<T>) => void] {
  const [search, setSearch] = useSearchParams()
  return [
    valuesOf(search, defaults),
    values => setSearch(previous => withValues(previous, values as Record<string, string>, defaults), { replace: true }),
  ]
}
