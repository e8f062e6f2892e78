import { destination, pino } from 'pino'
import type { Log } from '../base/log.ts'
import { outliveReader } from './outlive-reader.ts'

/** The operational log: one JSON line per entry on standard error. */
export function openLog(): Log {
  const stream = destination({ dest: 2, sync: true })
  stream.on('error', outliveReader)
  const logger = pino({ base: { pid: process.pid } }, stream)
  return {
    info: (message, fields) => logger.info(fields ?? {}, message),
    warn: (message, fields) => logger.warn(fields ?? {}, message),
    error: (message, fields) => logger.error(fields ?? {}, message),
  }
}
