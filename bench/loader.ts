import { openPeer } from './child.ts'
import { parseLoadReply, type Window, type WindowResult } from './load-protocol.ts'
import type { Addressing, Workload } from './requests.ts'

/** The rest of the bench's interface to the load process. */
export type Loader = {
  /** Signs the pool for the next windows. Returns its size, which may be smaller than requested. */
  readonly sign: (workload: Workload, to: Addressing, count: number) => Promise<number>
  /** Sends the pool from its start. */
  readonly run: (window: Window) => Promise<WindowResult>
  readonly stop: () => void
}

/** Starts the load process. */
export function openLoader(): Loader {
  const peer = openPeer(new URL('./load.ts', import.meta.url))
  return {
    sign: async (workload, { endpoint, credentials }, count) => {
      const message = { kind: 'sign', workload, to: { endpoint, credentials }, count }
      const reply = parseLoadReply(await peer.ask(message))
      if (reply.kind !== 'signed') throw new Error(failure(reply))
      return reply.count
    },
    run: async (window) => {
      const reply = parseLoadReply(await peer.ask({ kind: 'run', window }))
      if (reply.kind !== 'ran') throw new Error(failure(reply))
      return reply.result
    },
    stop: peer.stop,
  }
}

function failure(reply: { readonly kind: string; readonly why?: string }): string {
  return `the load process: ${reply.why ?? `answered ${reply.kind}`}`
}
