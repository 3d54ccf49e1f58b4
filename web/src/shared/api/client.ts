import * as v from 'valibot'

export const root = '/api/v1'

/** A refusal of the server (RFC 9457), of the network, or of a document that is not what docs/api.md says. */
export class Problem extends Error {
  constructor(readonly code: string, readonly title: string, readonly detail: string, readonly status?: number) {
    super(`${code}: ${detail}`)
    this.name = 'Problem'
  }
}

const ProblemDocument = v.object({
  title: v.optional(v.string()), detail: v.optional(v.string()), code: v.optional(v.string()),
})

const keyName = 'pms.key'

/** The API key is kept for this tab alone. */
export const readKey = (): string => sessionStorage.getItem(keyName) ?? ''
export const keepKey = (key: string): void => sessionStorage.setItem(keyName, key)

export function requestHeaders(): Record<string, string> {
  const key = readKey()
  return key ? { authorization: `Bearer ${key}` } : {}
}

const timeoutMs = 15_000

/** Asks and parses; `body` makes it a POST. */
export async function request<S extends v.GenericSchema>(schema: S, path: string, signal?: AbortSignal, body?: unknown): Promise<v.InferOutput<S>> {
  const timeout = AbortSignal.timeout(timeoutMs)
  let response: Response
  try {
    response = await fetch(root + path, {
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
      headers: { accept: 'application/json', ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...requestHeaders() },
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    })
  } catch (error) {
    if (signal?.aborted) throw error
    throw timeout.aborted
      ? new Problem('timeout', 'No answer in time', `The server did not answer within ${timeoutMs / 1000} s.`)
      : new Problem('unreachable', 'The server cannot be reached', 'No connection to the risk server. It may be stopped or restarting.')
  }
  const content: unknown = await response.json().catch(() => undefined)
  if (!response.ok) throw problemOf(response.status, content)
  return parse(schema, content, path)
}

export function problemOf(status: number, content: unknown): Problem {
  const parsed = v.safeParse(ProblemDocument, content)
  const given = parsed.success ? parsed.output : {}
  return new Problem(given.code ?? `http-${status}`, given.title ?? `The server answered ${status}`, given.detail ?? 'It gave no reason.', status)
}

export function parse<S extends v.GenericSchema>(schema: S, content: unknown, path: string): v.InferOutput<S> {
  const parsed = v.safeParse(schema, content)
  if (parsed.success) return parsed.output
  const issue = parsed.issues[0]
  throw new Problem('document-shape', 'The answer has another shape than expected', `${path}: ${v.getDotPath(issue) ?? 'document'}: ${issue.message}`)
}
