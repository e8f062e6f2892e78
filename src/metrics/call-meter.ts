import { ERROR_CODES } from '../api/errors.ts'
import { Histogram } from './histogram.ts'
import type { Point } from './points.ts'

/** A call that was answered. */
export type MeteredCall = {
  readonly service: string
  readonly operation: string
  /** Nothing for a successful call. */
  readonly code: string | undefined
  readonly durationMs: number
}

/** The label for names that are not known. */
export const OTHER = 'other'

type Counts = { readonly durations: Histogram; readonly errors: Map<string, number> }

/**
 * Counts calls. Services, operations and codes are from fixed sets; any other name counts as {@link OTHER},
 * so no caller can add series.
 */
export class CallMeter {
  /** By service and operation. Operations without calls have no counts. */
  readonly #counts = new Map<string, Map<string, Counts | undefined>>()
  readonly #others = new Map<string, Counts>()

  constructor(operations: readonly { readonly service: string; readonly name: string }[]) {
    for (const { service, name } of operations) {
      const names = this.#counts.get(service) ?? new Map()
      this.#counts.set(service, names.set(name, undefined))
    }
  }

  /** Counts one call. */
  count({ service, operation, code, durationMs }: MeteredCall): void {
    const { durations, errors } = this.#countsOf(service, operation)
    durations.observe(durationMs)
    if (code === undefined) return
    const known = ERROR_CODES.has(code) ? code : OTHER
    errors.set(known, (errors.get(known) ?? 0) + 1)
  }

  /** The counts so far. */
  points(): readonly Point[] {
    const points: Point[] = []
    for (const [service, operation, { durations, errors }] of this.#all()) {
      const labels = [service, operation]
      points.push({ metric: 'holdfast_calls', labels, value: durations.count })
      points.push({ metric: 'holdfast_call_duration_seconds', labels, value: durations.value })
      for (const [code, value] of errors) {
        points.push({ metric: 'holdfast_call_errors', labels: [...labels, code], value })
      }
    }
    return [...points, ...this.#refusals()]
  }

  *#all(): Generator<readonly [string, string, Counts]> {
    for (const [service, names] of this.#counts) {
      for (const [name, counts] of names) if (counts !== undefined) yield [service, name, counts]
    }
    for (const [service, counts] of this.#others) yield [service, OTHER, counts]
  }

  #refusals(): readonly Point[] {
    const kinds = new Map<RefusalKind, number>(REFUSAL_KINDS.map((kind) => [kind, 0]))
    for (const [, , { errors }] of this.#all()) {
      for (const [code, count] of errors) {
        const kind = refusalKind(code)
        kinds.set(kind, (kinds.get(kind) ?? 0) + count)
      }
    }
    return [...kinds].map(([kind, value]) => ({ metric: 'holdfast_refusals', labels: [kind], value }))
  }

  #countsOf(service: string, operation: string): Counts {
    const names = this.#counts.get(service)
    const counts = names?.get(operation)
    if (counts !== undefined) return counts
    if (names?.has(operation) === true) {
      const fresh = emptyCounts()
      names.set(operation, fresh)
      return fresh
    }
    const known = names === undefined ? OTHER : service
    const others = this.#others.get(known) ?? emptyCounts()
    this.#others.set(known, others)
    return others
  }
}

function emptyCounts(): Counts {
  return { durations: new Histogram(), errors: new Map() }
}

/**
 * Why calls are refused: the caller is not known, policies deny, too many calls, a failure of the server, or
 * another reason.
 */
const REFUSAL_KINDS = ['unauthenticated', 'denied', 'throttled', 'failed', 'invalid'] as const
type RefusalKind = (typeof REFUSAL_KINDS)[number]

const KIND_BY_CODE: { readonly [code: string]: RefusalKind | undefined } = {
  ExpiredIdentityTokenException: 'unauthenticated',
  ExpiredTokenException: 'unauthenticated',
  IncompleteSignatureException: 'unauthenticated',
  InvalidIdentityTokenException: 'unauthenticated',
  InvalidSignatureException: 'unauthenticated',
  InvalidTokenException: 'unauthenticated',
  MissingAuthenticationTokenException: 'unauthenticated',
  UnrecognizedClientException: 'unauthenticated',
  AccessDeniedException: 'denied',
  NotAuthorizedException: 'denied',
  ThrottlingException: 'throttled',
}

function refusalKind(code: string): RefusalKind {
  const kind = KIND_BY_CODE[code]
  if (kind !== undefined) return kind
  return SERVER_CODES.has(code) ? 'failed' : 'invalid'
}

const SERVER_CODES: ReadonlySet<string> = new Set(
  [...ERROR_CODES].filter(([, status]) => status >= 500).map(([code]) => code),
)
