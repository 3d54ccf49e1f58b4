import { lazy, type ComponentType, type LazyExoticComponent } from 'react'

export interface PageEntry {
  path: string
  name: string
  /** The letter after g. */
  letter: string
  component: LazyExoticComponent<ComponentType>
}

/** The pages in the order of the menu. */
export const pages: readonly PageEntry[] = [
  { path: '/', name: 'Overview', letter: 'o', component: lazy(() => import('../features/overview/OverviewPage')) },
  { path: '/accounts', name: 'Accounts', letter: 'a', component: lazy(() => import('../features/accounts/AccountsPage')) },
  { path: '/builder', name: 'Position builder', letter: 'b', component: lazy(() => import('../features/builder/BuilderPage')) },
  { path: '/surface', name: 'Surface', letter: 's', component: lazy(() => import('../features/surface/SurfacePage')) },
  { path: '/scenarios', name: 'Scenarios', letter: 'c', component: lazy(() => import('../features/scenarios/ScenariosPage')) },
  { path: '/solvency', name: 'Solvency', letter: 'i', component: lazy(() => import('../features/solvency/SolvencyPage')) },
  { path: '/liquidations', name: 'Liquidations', letter: 'l', component: lazy(() => import('../features/liquidations/LiquidationsPage')) },
  { path: '/keepers', name: 'Keepers', letter: 'k', component: lazy(() => import('../features/keepers/KeepersPage')) },
  { path: '/chain', name: 'Chain', letter: 'n', component: lazy(() => import('../features/chain/ChainPage')) },
  { path: '/parameters', name: 'Parameters', letter: 'p', component: lazy(() => import('../features/parameters/ParametersPage')) },
  { path: '/governance', name: 'Governance', letter: 'v', component: lazy(() => import('../features/governance/GovernancePage')) },
  { path: '/alerts', name: 'Alerts', letter: 't', component: lazy(() => import('../features/alerts/AlertsPage')) },
  { path: '/health', name: 'Data health', letter: 'h', component: lazy(() => import('../features/health/HealthPage')) },
]

export const AccountPage = lazy(() => import('../features/account/AccountPage'))
