/** A value of the parameter document to be tried: section and key, and the value's text. */
export interface Trial { key: string; value: string }

/** As they stand in the address: `measure.initialFactor:2`, with commas between. */
export const writeTrials = (trials: readonly Trial[]): string => trials.map(({ key, value }) => `${key}:${value}`).join(',')

/** What is no change is left out: an address may come from anywhere. */
export function readTrials(text: string): Trial[] {
  return text.split(',').flatMap(part => {
    const match = /^([\w.]{3,128}):([\w.+-]{1,64})$/.exec(part)
    return match?.[1] && match[2] && match[1].includes('.') ? [{ key: match[1], value: match[2] }] : []
  })
}

/** One value a key: the same key again replaces it. */
export const withTrial = (trials: readonly Trial[], trial: Trial): Trial[] => [...trials.filter(({ key }) => key !== trial.key), trial]

/** Numbers and switches as such, everything else as text. */
function valueOf(text: string): unknown {
  if (text === 'true' || text === 'false') return text === 'true'
  return Number.isFinite(Number(text)) ? Number(text) : text
}

/** The changes as the server takes them: sections and keys of the parameter document. */
export function changesOf(trials: readonly Trial[]): Record<string, unknown> {
  const root: Record<string, unknown> = {}
  for (const { key, value } of trials) {
    const names = key.split('.')
    const last = names.pop() ?? key
    let section = root
    for (const name of names) section = (Object.hasOwn(section, name) ? section[name] : section[name] = {}) as Record<string, unknown>
    section[last] = valueOf(value)
  }
  return root
}
