import { Alert, Button, Group, PasswordInput, Skeleton, Stack, Text } from '@mantine/core'
import type { UseQueryResult } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'
import { keepKey, Problem } from '../api/client'
import { CopyButton } from './CopyButton'

interface AnswerProps<T> {
  query: UseQueryResult<T>
  /** Height of what will stand here, so that nothing moves when it comes. */
  height: number
  children: (data: T) => ReactNode
}

/** A query's three faces: a skeleton of the final size, the refusal with a way on, the answer. An old answer stays where a new one fails. */
export function Answer<T>({ query, height, children }: AnswerProps<T>) {
  if (query.data !== undefined) {
    return (
      <>
        {query.isRefetchError && <Failure error={query.error} retry={() => void query.refetch()} kept />}
        {children(query.data)}
      </>
    )
  }
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />
  return <Skeleton height={height} role="status" aria-label="Loading" />
}

interface FailureProps { error: Error; retry: () => void; kept?: boolean }

export function Failure({ error, retry, kept = false }: FailureProps) {
  const problem = error instanceof Problem ? error : new Problem('page', 'The page failed', error.message)
  return (
    <Alert role="alert" color="orange" variant="outline" mb={kept ? 'xs' : 0} title={<span className="loss">{problem.title}</span>}>
      <Stack gap="xs">
        <Text size="sm">{problem.detail}{kept ? ' Below is the answer before it.' : ''}</Text>
        {problem.status === 401 && <KeyForm />}
        <Group gap="xs">
          <span className="mono">{problem.code}</span>
          <Button size="compact-sm" variant="default" onClick={retry}>Try again</Button>
          <CopyButton text={`${problem.code}: ${problem.title}. ${problem.detail}`} label="Copy details" />
        </Group>
      </Stack>
    </Alert>
  )
}

/** Everything on the page was asked without the key, so the page begins anew with it. */
function KeyForm() {
  const [key, setKey] = useState('')
  return (
    <form onSubmit={event => { event.preventDefault(); keepKey(key); location.reload() }}>
      <Group gap="xs" align="end">
        <PasswordInput label="API key with scope read" value={key} onChange={event => setKey(event.currentTarget.value)} w={280} autoComplete="off" />
        <Button type="submit" disabled={key === ''}>Use for this tab</Button>
      </Group>
    </form>
  )
}

/** Nothing to show: why, and what to do about it. */
export const Empty = ({ children }: { children: ReactNode }) => <Text size="sm" c="dimmed" py="md">{children}</Text>
