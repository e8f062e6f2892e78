import type { FormattedEvent } from '../audit/events/service-event.ts'
import type { Urgency } from '../audit/log/journal.ts'
import type { Change } from '../store/records.ts'
import { countedAs, type KnownCaller } from './issuer.ts'
import type { CallFacts } from './recording.ts'
import { isRevocation } from './revocations.ts'

/** The share of the reserve that the revocations of one account may use while the disk is full. */
const ACCOUNT_SHARE = 1 / 2
/**
 * The same for one principal: whoever may put policies cannot use up the reserve for the revocations of
 * others.
 */
const PRINCIPAL_SHARE = 1 / 4
/** The bytes that a change takes beside its value: pages of the database and of its log. */
const CHANGE_BYTES = 8192

/** The disk space reserved for revocations. */
export type Reserve = {
  readonly isInUse: boolean
  readonly sizeBytes: number
  /** Called before bytes are written to the reserve. */
  readonly spend: (bytes: number) => void
}

/** A call that is about to become durable. */
export type DurableCall = {
  readonly facts: Pick<CallFacts, 'eventName' | 'readOnly'> & {
    readonly service: Pick<CallFacts['service'], 'name'>
  }
  readonly input: unknown
  readonly caller: KnownCaller
  readonly events: readonly Pick<FormattedEvent, 'json'>[]
  readonly changes: readonly Pick<Change, 'value'>[]
}

/**
 * Decides which calls become durable on a full disk: revocations, until their account or principal has used
 * its share of the reserve. When the disk has space again, the shares start anew.
 */
export class UrgentCalls {
  readonly #reserve: Reserve
  readonly #processes: number
  readonly #used = new Map<string, number>()

  /** @param processes that share the reserve. */
  constructor(reserve: Reserve, processes: number) {
    this.#reserve = reserve
    this.#processes = processes
  }

  /** The urgency of a call, whose account and principal are charged for what it writes. */
  of(call: DurableCall): Urgency {
    const { facts, input, caller } = call
    if (facts.readOnly || !isRevocation(facts.service.name, facts.eventName, input)) return 'usual'
    if (!this.#reserve.isInUse) {
      this.#used.clear()
      return 'revocation'
    }
    return this.#take(caller, sizeOf(call)) ? 'revocation' : 'usual'
  }

  #take(caller: KnownCaller, bytes: number): boolean {
    const most = this.#reserve.sizeBytes / this.#processes
    const unknown = { account: caller.account, principal: 'nobody who is known' }
    const { account, principal } = countedAs(caller) ?? unknown
    const ofAccount = (this.#used.get(account) ?? 0) + bytes
    const ofPrincipal = (this.#used.get(principal) ?? 0) + bytes
    if (ofAccount > most * ACCOUNT_SHARE || ofPrincipal > most * PRINCIPAL_SHARE) return false
    this.#used.set(account, ofAccount)
    this.#used.set(principal, ofPrincipal)
    this.#reserve.spend(bytes)
    return true
  }
}

/** The approximate bytes that a call takes on the disk. */
function sizeOf({ events, changes }: DurableCall): number {
  const written = [
    ...events.map(({ json }) => json),
    ...changes.map(({ value }) => JSON.stringify(value ?? {})),
  ]
  return written.reduce((sum, { length }) => sum + CHANGE_BYTES + length, 0)
}
