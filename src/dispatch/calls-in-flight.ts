import type { Urgency } from '../audit/log/journal.ts'
import { type CountedAs, countedAs, type KnownCaller } from './issuer.ts'

/** How many calls of one account, and of one principal, may be in flight. */
export type CallBound = { readonly account: number; readonly principal: number }

/**
 * Counts the calls in flight of each account and principal. All sessions of a role, and all of a user, count
 * as one principal: whoever may make one session may make many. Only the bounds of the address apply to calls
 * without a known caller.
 */
export class CallsInFlight {
  readonly #bound: CallBound
  readonly #reached: () => void
  readonly #accounts = new Map<string, number>()
  readonly #principals = new Map<string, number>()

  /** @param reached called for each call that the bound refuses. */
  constructor(bound: CallBound, reached: () => void) {
    this.#bound = bound
    this.#reached = reached
  }

  /** Calls in flight. */
  get count(): number {
    let sum = 0
    for (const count of this.#accounts.values()) sum += count
    return sum
  }

  /** Takes one more call, if the bound allows it; the call counts until {@link leave}. */
  enter(caller: KnownCaller, urgency: Urgency): boolean {
    const counted = namesOf(caller, urgency)
    if (counted === undefined) return true
    const { account, principal } = counted
    const ofAccount = this.#accounts.get(account) ?? 0
    const ofPrincipal = this.#principals.get(principal) ?? 0
    if (ofAccount >= this.#bound.account || ofPrincipal >= this.#bound.principal) {
      this.#reached()
      return false
    }
    this.#accounts.set(account, ofAccount + 1)
    this.#principals.set(principal, ofPrincipal + 1)
    return true
  }

  /** Ends a call that was taken. */
  leave(caller: KnownCaller, urgency: Urgency): void {
    const counted = namesOf(caller, urgency)
    if (counted === undefined) return
    decrease(this.#accounts, counted.account)
    decrease(this.#principals, counted.principal)
  }
}

/**
 * The names under which a call counts. Calls that take permissions away count apart, so that a caller can
 * make them however many other calls are in flight.
 */
function namesOf(caller: KnownCaller, urgency: Urgency): CountedAs | undefined {
  const counted = countedAs(caller)
  if (counted === undefined) return undefined
  return { account: `${urgency} ${counted.account}`, principal: `${urgency} ${counted.principal}` }
}

function decrease(counts: Map<string, number>, name: string): void {
  const count = (counts.get(name) ?? 0) - 1
  if (count > 0) counts.set(name, count)
  else counts.delete(name)
}
