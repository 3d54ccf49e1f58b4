import { Anchor } from '@mantine/core'
import { Link } from 'wouter'
import { accountAddress } from '../accounts/accountAddress'

/** An account's name that leads to it. */
export function AccountLink({ account, tabIndex }: { account: string | undefined; tabIndex?: number }) {
  if (account === undefined || account === '' || account === '0') return <>–</>
  return <Anchor component={Link} href={accountAddress(account)} inherit underline="always" {...(tabIndex === undefined ? {} : { tabIndex })}>{account}</Anchor>
}
