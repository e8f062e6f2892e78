import { setTimeout as delay } from 'node:timers/promises'
import type { Server } from './server.ts'

/** What makes a server serve its metrics. */
export const METRICS_ON = { HOLDFAST_METRICS: '127.0.0.1:0' } as const

/** More often than a scraper asks. */
const SCRAPE_INTERVAL_MS = 1000

/** Asks a server for its metrics once a second, until the signal. */
export async function scrape(server: Server, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    // It is printed a moment after the server is ready.
    const url = /^ {2}metrics +(\S+)$/m.exec(server.output())?.[1]
    if (url !== undefined) await (await fetch(url)).arrayBuffer()
    // Ended by the signal, which is what it is for.
    await delay(SCRAPE_INTERVAL_MS, undefined, { signal }).catch(() => {})
  }
}
