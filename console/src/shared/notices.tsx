import Flashbar from '@cloudscape-design/components/flashbar'
import { type ReactNode, useSyncExternalStore } from 'react'
import { TEXTS } from '../texts/en.ts'
import { useServerGone } from './server-gone.tsx'

/** What a notice says. */
export type Notice = {
  readonly type: 'success' | 'error' | 'warning' | 'info'
  readonly header: string
  readonly content?: string
}

/** More are not shown at a time. */
const NOTICES_MAX = 5

type Shown = Notice & { readonly id: string }

let shown: readonly Shown[] = []
let count = 0
const listeners = new Set<() => void>()

function set(next: readonly Shown[]): void {
  shown = next
  for (const listener of listeners) listener()
}

/** Shows a notice above the page, until it is closed. */
export function notify(notice: Notice): void {
  count += 1
  set([{ ...notice, id: String(count) }, ...shown].slice(0, NOTICES_MAX))
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** The notices that are shown. */
export function Notices(): ReactNode {
  const items = useSyncExternalStore(subscribe, () => shown)
  const gone = useServerGone()
  return (
    <Flashbar
      items={[
        ...(gone === undefined ? [] : [gone]),
        ...items.map(({ id, type, header, content }) => ({
          ...{ id, type, header, content },
          dismissible: true,
          dismissLabel: TEXTS.common.close,
          onDismiss: () => set(shown.filter((one) => one.id !== id)),
        })),
      ]}
    />
  )
}
