import { Modal, Table } from '@mantine/core'
import { pages } from './pages'

const keys: readonly [string[], string][] = [
  [['?'], 'this help'],
  [['Ctrl K'], 'go to a screen or an account'],
  [['/'], 'search for an account'],
  [['j'], 'next row of the table'],
  [['k'], 'row before'],
  [['Enter'], 'open the row'],
  [['e'], 'export the table as CSV'],
  [['Esc'], 'leave a field, close a dialog'],
  ...pages.map((page): [string[], string] => [['g', page.letter], page.name]),
]

export function HelpDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <Modal opened={opened} onClose={onClose} title="Keys" closeButtonProps={{ 'aria-label': 'Close' }}>
      <Table>
        <Table.Tbody>
          {keys.map(([combination, meaning]) => (
            <Table.Tr key={combination.join(' ')}>
              <Table.Td w={110}>{combination.map((key, index) => <span key={key}>{index > 0 && ' then '}<kbd>{key}</kbd></span>)}</Table.Td>
              <Table.Td>{meaning}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Modal>
  )
}
