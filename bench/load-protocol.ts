import type { Endpoint } from './endpoint.ts'
import type { Addressing, Workload } from './requests.ts'

/** One window of load. */
export type Window = {
  readonly endpoint: Endpoint
  readonly connections: number
  /** The warm-up: the loader sends at full speed and counts nothing. */
  readonly warmupMs: number
  readonly measureMs: number
  /** The processes whose CPU time the loader reads at the start and end of the measured time. */
  readonly pids: readonly number[]
}

/** The result of one window. */
export type WindowResult = {
  /** Calls with status 200 in the measured time. */
  readonly calls: number
  /** All requests sent, warm-up included. */
  readonly sent: number
  readonly elapsedMs: number
  readonly p50Us: number
  readonly p99Us: number
  /** CPU time of the target; `undefined` if it is unreadable. */
  readonly cpuMs: number | undefined
  /** CPU time of the load process. If it is near `elapsedMs`, the load process is the bottleneck. */
  readonly loadCpuMs: number
  readonly errorCount: number
  /** The first distinct errors. */
  readonly errors: readonly string[]
}

/** The commands of the load process: sign a pool of requests, or send the pool. */
export type LoadCommand =
  | { readonly kind: 'sign'; readonly workload: Workload; readonly to: Addressing; readonly count: number }
  | { readonly kind: 'run'; readonly window: Window }

/** The replies of the load process, in the order of the commands. */
export type LoadReply =
  | { readonly kind: 'signed'; readonly count: number }
  | { readonly kind: 'ran'; readonly result: WindowResult }
  | { readonly kind: 'failed'; readonly why: string }

/** Parses a command from the channel between two bench processes. */
export function parseLoadCommand(message: unknown): LoadCommand {
  if (!hasKind(message, ['sign', 'run'])) throw new Error('not a command of the load process')
  return message as LoadCommand
}

/** Parses a reply from the channel between two bench processes. */
export function parseLoadReply(message: unknown): LoadReply {
  if (!hasKind(message, ['signed', 'ran', 'failed'])) throw new Error('not a reply of the load process')
  return message as LoadReply
}

function hasKind(message: unknown, kinds: readonly string[]): boolean {
  return (
    typeof message === 'object' &&
    message !== null &&
    'kind' in message &&
    typeof message.kind === 'string' &&
    kinds.includes(message.kind)
  )
}
