import type { WindowResult } from '../load-protocol.ts'
import type { Loader } from '../loader.ts'
import { median, rate } from '../measures.ts'
import type { CrowdedAccount } from './account.ts'
import { exchangeFrom, requestOf } from './calls.ts'
import type { Case } from './cases.ts'
import { untilAllowed } from './measure.ts'

/** The throughput and latency of Encrypt on four connections. */
export type EncryptPace = { readonly callsPerSecond: number; readonly p99Ms: number }

/** The throughput and latency of Encrypt during other work, relative to Encrypt alone in the same run. */
export type Beside = { readonly p99Ratio: number; readonly rateShare: number }

const CONNECTIONS = 4
const WARMUP_MS = 200
/** More calls per second than the server can answer. */
const CALLS_PER_SECOND_MAX = 6000

/** Measures Encrypt for the given time while other work runs. The signal ends the other work. */
export async function encryptBeside(
  account: CrowdedAccount,
  loader: Loader,
  measureMs: number,
  neighbour: (signal: AbortSignal) => Promise<void> = async () => {},
): Promise<EncryptPace> {
  const { endpoint, callers, bed } = account
  const workload = { operation: 'Encrypt', keyId: account.ownKey, bodies: [] } as const
  const count = Math.ceil((CALLS_PER_SECOND_MAX * (WARMUP_MS + measureMs)) / 1000)
  await loader.sign(workload, { endpoint, credentials: callers.root }, count)
  const over = new AbortController()
  const running = neighbour(over.signal)
  const pids = bed.server.process.pid === undefined ? [] : [bed.server.process.pid]
  let result: WindowResult
  try {
    result = await loader.run({ endpoint, connections: CONNECTIONS, warmupMs: WARMUP_MS, measureMs, pids })
  } finally {
    over.abort()
    await running
  }
  if (result.errorCount > 0) throw new Error(`Encrypt failed: ${result.errors.join(', ')}`)
  return { callsPerSecond: rate(result), p99Ms: result.p99Us / 1000 }
}

/** Repeats a case's call, with its preparation, on one connection after another until the signal. */
export function busyWith(
  one: Case,
  account: CrowdedAccount,
  address: string,
): (signal: AbortSignal) => Promise<void> {
  return async (signal) => {
    while (!signal.aborted) {
      await untilAllowed(one)
      const sent = await one.prepare(account)
      const answered = exchangeFrom(address, account.endpoint, requestOf(sent, account.endpoint))
      await Promise.race([answered, ended(signal)])
      // Does not wait for a call that is still throttled at the end.
      answered.catch(() => {})
      if (!signal.aborted) await one.after?.(account, sent)
    }
  }
}

function ended(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}

/** A pace relative to the median of the paces measured alone. */
export function compared(pace: EncryptPace, alone: readonly EncryptPace[]): Beside {
  const p99Ms = median(alone.map((one) => one.p99Ms))
  const callsPerSecond = median(alone.map((one) => one.callsPerSecond))
  return { p99Ratio: pace.p99Ms / p99Ms, rateShare: pace.callsPerSecond / callsPerSecond }
}
