import { openNode } from '../app/node.ts'
import type { TlsPair } from '../base/network.ts'
import { systemTimers } from '../base/ports.ts'
import type { CommandInput } from './command.ts'
import { openLog } from './log.ts'
import { takeSignals } from './signals.ts'
import { answerMetrics } from './worker-metrics.ts'
import { beatPulse } from './worker-pulse.ts'

/** A certificate that the process that has started a worker gives it. */
export type TlsMessage = { readonly tls: TlsPair }

/** What a worker tells the process that started it. */
export type WorkerMessage = { readonly listening: number }

/** One of several processes that share the port. `serve` starts it, not people. */
export async function work({ config }: CommandInput): Promise<number> {
  const log = openLog()
  const stop = takeSignals(log)
  // What it asks for is done by the process that has started this one, which gets it too when a terminal is closed.
  process.on('SIGHUP', () => {})
  const orphaned = new Promise<void>((resolve) => process.once('disconnect', () => resolve()))
  try {
    const node = await openNode(config, { port: config.listen.port, sharedPort: true }, log)
    answerMetrics(node.metrics, log)
    beatPulse(systemTimers)
    process.on('message', (message: unknown) => {
      const pair = parseTls(message)
      if (pair !== undefined) node.useTls(pair)
    })
    const message: WorkerMessage = { listening: node.port }
    process.send?.(message)
    await Promise.race([stop, orphaned])
    await node.close()
  } finally {
    // The channel to who started it keeps a process alive, also one that could not start.
    if (process.connected) process.disconnect?.()
  }
  return 0
}

/** Messages come from the process that has started this one, and nobody else. */
function parseTls(message: unknown): TlsPair | undefined {
  return (message as Partial<TlsMessage>).tls
}
