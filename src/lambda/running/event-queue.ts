import type { Log } from '../../base/log.ts'
import type { Timers } from '../../base/ports.ts'
import type { FunctionPlace, FunctionValue } from '../function-record.ts'
import { LambdaError, tooManyRequests } from '../lambda-error.ts'
import type { Invoker } from './invoker.ts'

/** An accepted event of an asynchronous invocation. */
export type QueuedEvent = {
  readonly place: FunctionPlace
  readonly requestId: string
  readonly payload: Uint8Array
  /** Gives back what {@link EventQueue.admit} has taken. */
  readonly release: () => void
}

/** The dependencies of the queue. */
export type QueueDependencies = {
  readonly invoker: Pick<Invoker, 'hold'>
  /** The function as it is now. */
  readonly find: (place: FunctionPlace) => Promise<FunctionValue | undefined>
  readonly timers: Timers
  readonly log: Log
}

/** Events and their bytes in memory: Holdfast's own bounds. */
const EVENTS_MAX = 1_000
const BYTES_MAX = 67_108_864
/** Source: AWS Lambda Developer Guide, "Error handling for asynchronous invocation": two more attempts, after 1 and 2 minutes. */
const RETRY_AFTER_MS: readonly number[] = [60_000, 120_000]
/** For an event that finds no free environment: Holdfast's own. */
const THROTTLED_AFTER_MS = 1_000
const THROTTLED_MAX = 21_600

/** Events that wait for their function, in memory: a stop of the process ends them. */
export class EventQueue {
  readonly #dependencies: QueueDependencies
  #events = 0
  #bytes = 0

  constructor(dependencies: QueueDependencies) {
    this.#dependencies = dependencies
  }

  /** Takes room for an event. @throws LambdaError TooManyRequestsException. */
  admit(sizeBytes: number): () => void {
    if (this.#events >= EVENTS_MAX || this.#bytes + sizeBytes > BYTES_MAX) throw tooManyRequests()
    this.#events += 1
    this.#bytes += sizeBytes
    let isTaken = true
    return () => {
      if (!isTaken) return
      isTaken = false
      this.#events -= 1
      this.#bytes -= sizeBytes
    }
  }

  /** Invokes the function for an event, soon. */
  add(event: QueuedEvent): void {
    void this.#attempt(event, { failures: 0, throttled: 0 })
  }

  async #attempt(event: QueuedEvent, tries: Tries): Promise<void> {
    let next: Tries | undefined
    try {
      next = (await this.#invoke(event)) ? undefined : { ...tries, failures: tries.failures + 1 }
    } catch (error) {
      next = this.#afterFailure(error, tries, event)
    }
    const waitMs = next === undefined ? undefined : waitOf(tries, next)
    if (next === undefined || waitMs === undefined) {
      event.release()
      return
    }
    const again = next
    this.#dependencies.timers.after(waitMs, () => void this.#attempt(event, again))
  }

  /** Whether the event needs no further attempt. */
  async #invoke({ place, requestId, payload }: QueuedEvent): Promise<boolean> {
    const value = await this.#dependencies.find(place)
    if (value === undefined) return true
    const held = await this.#dependencies.invoker.hold(value)
    const { isError } = await held.invoke({ requestId, payload, clientContext: undefined })
    return !isError
  }

  #afterFailure(error: unknown, tries: Tries, { place, requestId }: QueuedEvent): Tries {
    if (error instanceof LambdaError && error.code === 'TooManyRequestsException') {
      return { ...tries, throttled: tries.throttled + 1 }
    }
    this.#dependencies.log.warn(`an asynchronous invocation has failed: ${error}`, {
      function: place.name,
      requestId,
    })
    return { ...tries, failures: tries.failures + 1 }
  }
}

type Tries = { readonly failures: number; readonly throttled: number }

/** How long to wait before the next attempt; nothing when there is none. */
function waitOf(before: Tries, next: Tries): number | undefined {
  if (next.failures > before.failures) return RETRY_AFTER_MS[before.failures]
  return next.throttled > THROTTLED_MAX ? undefined : THROTTLED_AFTER_MS
}
