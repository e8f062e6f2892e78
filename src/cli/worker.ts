import { openNode } from '../app.ts'
import type { Command } from './command.ts'
import { openLog } from './log.ts'
import { stopSignal } from './stop-signal.ts'
import { answerMetrics } from './worker-metrics.ts'

/** What a worker tells the process that started it. */
export type WorkerMessage = { readonly listening: number }

/** One of several processes that share the port. Started by `serve`, not by people. */
export const worker: Command = {
  name: 'worker',
  about: 'serves as one of several processes',
  run: async ({ config }) => {
    const stop = stopSignal()
    const orphaned = new Promise<void>((resolve) => process.once('disconnect', () => resolve()))
    try {
      const log = openLog()
      const node = await openNode(config, { port: config.listen.port, sharedPort: true }, log)
      answerMetrics(node.metrics, log)
      const message: WorkerMessage = { listening: node.port }
      process.send?.(message)
      await Promise.race([stop, orphaned])
      await node.close()
    } finally {
      // The channel to who started it keeps a process alive, also one that could not start.
      if (process.connected) process.disconnect?.()
    }
    return 0
  },
}
