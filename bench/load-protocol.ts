import type { Endpoint } from './endpoint.ts'
import type { Addressing, Workload } from './requests.ts'

/** One stretch of load. */
export type Window = {
  readonly endpoint: Endpoint
  readonly connections: number
  /** Sent at full speed before anything is counted. */
  readonly warmupMs: number
  readonly measureMs: number
  /** The processes whose CPU time is read at both ends of the measured time. */
  readonly pids: readonly number[]
}

/** What one window has shown. */
export type WindowResult = {
  /** Calls answered with 200 in the measured time. */
  readonly calls: number
  /** All requests that were sent, warm-up included. */
  readonly sent: number
  readonly elapsedMs: number
  readonly p50Us: number
  readonly p99Us: number
  /** CPU time of the target; nothing where it cannot be read. */
  readonly cpuMs: number | undefined
  /** CPU time of the load process itself: near `elapsedMs`, the load is the bottleneck. */
  readonly loadCpuMs: number
  readonly errorCount: number
  /** The first distinct errors. */
  readonly errors: readonly string[]
}

/** What the load process is told: make a pool of requests, send the pool. */
export type LoadCommand =
  | { readonly kind: 'sign'; readonly workload: Workload; readonly to: Addressing; readonly count: number }
  | { readonly kind: 'run'; readonly window: Window }

/** What the load process answers, in the order of the commands. */
export type LoadReply =
  | { readonly kind: 'signed'; readonly count: number }
  | { readonly kind: 'ran'; readonly result: WindowResult }
  | { readonly kind: 'failed'; readonly why: string }

/** A command as it arrives over the channel between two processes of this folder. */
export function parseLoadCommand(message: unknown): LoadCommand {
  if (!hasKind(message, ['sign', 'run'])) throw new Error('not a command of the load process')
  return message as LoadCommand
}

/** A reply as it arrives over the channel between two processes of this folder. */
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
