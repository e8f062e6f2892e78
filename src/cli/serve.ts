import { resolve } from 'node:path'
import { openNode } from '../app.ts'
import type { Config } from '../config/settings.ts'
import { CREDENTIALS_FILE, endpointOf } from '../deployment.ts'
import { type Command, EXIT_FAILURE, type Output } from './command.ts'
import { environmentLines } from './environment.ts'
import { openLog } from './log.ts'
import type { RunningServer } from './running.ts'
import { stopSignal } from './stop-signal.ts'
import { openWorkers } from './workers.ts'

/** `holdfast serve`: runs the server until it is asked to stop. */
export const serve: Command = {
  name: 'serve',
  about: 'runs the server until SIGTERM or SIGINT',
  run: async ({ config, output }) => {
    const stop = stopSignal()
    const server = config.workers === 1 ? await openSingle(config) : await openWorkers(config, openLog())
    announce(config, endpointOf(config, server.port), output)
    const ended = await Promise.race([stop.then(() => 'asked'), server.failed.then(() => 'failed')])
    output.print('stopping: finishing what is in flight')
    await server.close()
    return ended === 'failed' ? EXIT_FAILURE : 0
  },
}

/** One process serves. */
async function openSingle(config: Config): Promise<RunningServer> {
  const { port, close } = await openNode(config, { port: config.listen.port, sharedPort: false }, openLog())
  return { port, close, failed: new Promise(() => {}) }
}

function announce(config: Config, endpoint: string, output: Output): void {
  output.print(`Holdfast serves on ${endpoint}`)
  output.print(`  data         ${resolve(config.data)}`)
  output.print(`  credentials  ${resolve(config.data, CREDENTIALS_FILE)} (root of account ${config.account})`)
  output.print('')
  output.print('Point AWS clients here:')
  for (const line of environmentLines(config, endpoint)) output.print(`  ${line}`)
}
