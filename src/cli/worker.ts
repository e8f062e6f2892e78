import { LEAVING } from '../app/control.ts'
import { openNode } from '../app/node.ts'
import type { TlsPair } from '../base/network.ts'
import { systemTimers } from '../base/ports.ts'
import type { CommandInput } from './command.ts'
import { openLog } from './log.ts'
import { receiveRoot } from './root-pipe.ts'
import { takeSignals } from './signals.ts'
import { answerMetrics } from './worker-metrics.ts'
import { beatPulse } from './worker-pulse.ts'

/** A certificate from the parent process for a worker. */
export type TlsMessage = { readonly tls: TlsPair }

/** A worker's message to its parent process. */
export type WorkerMessage = { readonly listening: number }

/** Runs one of several processes that share the port. `serve` starts it, not people. */
export async function work({ config }: CommandInput): Promise<number> {
  const log = openLog()
  const stop = takeSignals(log)
  // The parent process handles SIGHUP; it gets the signal too when a terminal closes.
  process.on('SIGHUP', () => {})
  const orphaned = new Promise<void>((resolve) => process.once('disconnect', () => resolve()))
  try {
    const { root, other, report } = await receiveRoot()
    using _root = root
    using _other = other
    const listener = { port: config.listen.port, sharedPort: true }
    const node = await openNode(
      config,
      { listener, rootKey: root, otherRootKey: other, opening: report, leave: LEAVING.leave },
      log,
    )
    answerMetrics(node.metrics, log)
    beatPulse(systemTimers)
    process.on('message', (message: unknown) => {
      const pair = parseTls(message)
      if (pair !== undefined) node.useTls(pair)
    })
    const message: WorkerMessage = { listening: node.port }
    process.send?.(message)
    await Promise.race([stop, orphaned, node.failed])
    await node.close()
  } finally {
    // The channel to the parent keeps a process alive, even one that failed to start.
    if (process.connected) process.disconnect?.()
  }
  return 0
}

/** Messages come from the parent process only. */
function parseTls(message: unknown): TlsPair | undefined {
  return (message as Partial<TlsMessage>).tls
}
