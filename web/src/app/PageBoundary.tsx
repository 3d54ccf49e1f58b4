import { Component, type ReactNode } from 'react'
import { Failure } from '../shared/ui/Answer'

/** A page that throws says so in its own place; menu, state and stream go on. */
export class PageBoundary extends Component<{ children: ReactNode }, { error?: Error }> {
  override state: { error?: Error } = {}

  static getDerivedStateFromError(error: Error): { error: Error } {
    return { error }
  }

  override render(): ReactNode {
    return this.state.error ? <Failure error={this.state.error} retry={() => location.reload()} /> : this.props.children
  }
}
