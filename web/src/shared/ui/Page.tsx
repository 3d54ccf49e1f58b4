import { Group, Stack, Title } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import type { ReactNode } from 'react'

/** A page's title in the tab and on the page, and its parts below. */
export function Page({ title, aside, children }: { title: string; aside?: ReactNode; children: ReactNode }) {
  useDocumentTitle(`${title} · Predictive Margin System`)
  return (
    <Stack gap="sm">
      <Group justify="space-between" gap="xs" mih={32}>
        <Title order={1}>{title}</Title>
        {aside}
      </Group>
      {children}
    </Stack>
  )
}
