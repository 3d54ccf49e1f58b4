export interface Leaf { key: string; value: string }

/** A document as lines of dotted keys; lists of plain values stay on one line. */
export function flatten(document: unknown, prefix = ''): Leaf[] {
  if (document === null || typeof document !== 'object') return [{ key: prefix, value: JSON.stringify(document) }]
  if (Array.isArray(document) && document.every(item => item === null || typeof item !== 'object'))
    return [{ key: prefix, value: document.map(item => JSON.stringify(item)).join(', ') }]
  return Object.entries(document).flatMap(([name, value]) => flatten(value, prefix === '' ? name : `${prefix}.${name}`))
}
