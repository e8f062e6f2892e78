import type { Log } from '../base/log.ts'
import { processEnvironment } from '../config/setting.ts'

/**
 * Starts the command line of this process again in its place: the kernel drops all of its memory and its sockets at once, and
 * the number of the process stays. Where that is not possible, the process ends.
 */
export function restartInPlace(log: Log): void {
  log.warn('an operator seals the deployment: the process starts again, sealed')
  const { execPath, execArgv, argv } = process
  try {
    process.execve?.(execPath, [execPath, ...execArgv, ...argv.slice(1)], { ...processEnvironment() })
  } catch (error) {
    log.error('the process cannot start again, and ends', { reason: String(error) })
  }
  process.kill(process.pid, 'SIGKILL')
}
