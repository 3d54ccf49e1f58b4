import { Group, Paper, Title } from '@mantine/core'
import { useId, type ReactNode } from 'react'

interface PanelProps {
  title: string
  /** At the right of the title: switches, counts. */
  aside?: ReactNode
  children: ReactNode
}

/** A titled box: the one frame that every part of a page stands in. */
export function Panel({ title, aside, children }: PanelProps) {
  const id = useId()
  return (
    <Paper component="section" withBorder p="sm" aria-labelledby={id} style={{ minWidth: 0 }}>
      <Group justify="space-between" mb="xs" gap="xs" mih={28}>
        <Title order={2} id={id}>{title}</Title>
        {aside}
      </Group>
      {children}
    </Paper>
  )
}
