import { localStorageColorSchemeManager, MantineProvider } from '@mantine/core'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { Problem } from '../shared/api/client'
import { Shell } from './Shell'
import { theme } from './theme'

const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      refetchOnWindowFocus: false,
      // A refusal is an answer; only a lost connection is worth a second try.
      retry: (failures, error) => error instanceof Problem && error.status === undefined && error.code !== 'document-shape' && failures < 1,
    },
  },
})

const colorSchemes = localStorageColorSchemeManager({ key: 'pms.colours' })

export function App() {
  return (
    <MantineProvider theme={theme} defaultColorScheme="dark" colorSchemeManager={colorSchemes}>
      <QueryClientProvider client={client}>
        <Shell />
      </QueryClientProvider>
    </MantineProvider>
  )
}
