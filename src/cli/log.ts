import { destination, pino } from 'pino'
import type { Log } from '../base/log.ts'

/** The operator's log: one JSON line each on standard error. */
export function openLog(): Log {
  const logger = pino({ base: { pid: process.pid } }, destination({ dest: 2, sync: true }))
  return {
    info: (message, fields) => logger.info(fields ?? {}, message),
    warn: (message, fields) => logger.warn(fields ?? {}, message),
    error: (message, fields) => logger.error(fields ?? {}, message),
  }
}
