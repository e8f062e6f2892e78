import { setTimeout as delay } from 'node:timers/promises'
import type { Server } from './server.ts'

/** The setting that makes a server expose its metrics. */
export const METRICS_ON = { HOLDFAST_METRICS: '127.0.0.1:0' } as const

/** Shorter than a typical scrape interval. */
const SCRAPE_INTERVAL_MS = 1000

/** Scrapes a server's metrics once per second until the signal. */
export async function scrape(server: Server, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    // The server prints this line shortly after it is ready.
    const url = /^ {2}metrics +(\S+)$/m.exec(server.output())?.[1]
    if (url !== undefined) await (await fetch(url)).arrayBuffer()
    // The signal ends the delay, as intended.
    await delay(SCRAPE_INTERVAL_MS, undefined, { signal }).catch(() => {})
  }
}
