import type { Urgency } from '../audit/log/journal.ts'
import { type CountedAs, countedAs, type KnownCaller } from './issuer.ts'

/** How many calls may be answered at a time: those of one account, and those of one principal. */
export type CallBound = { readonly account: number; readonly principal: number }

/**
 * The calls that are being answered, by the account and the principal of their callers. All sessions of a role, and all
 * of a user, count as one principal: whoever may make one session may make many. Calls of nobody who is known are
 * bounded by their address alone.
 */
export class CallsInFlight {
  readonly #bound: CallBound
  readonly #reached: () => void
  readonly #accounts = new Map<string, number>()
  readonly #principals = new Map<string, number>()

  /** @param reached is told of each call that may not be made. */
  constructor(bound: CallBound, reached: () => void) {
    this.#bound = bound
    this.#reached = reached
  }

  /** Calls that are being answered now. */
  get count(): number {
    let sum = 0
    for (const count of this.#accounts.values()) sum += count
    return sum
  }

  /** Takes one more call, if there may be one more; it is counted until {@link leave}. */
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

  /** A call that was taken is answered. */
  leave(caller: KnownCaller, urgency: Urgency): void {
    const counted = namesOf(caller, urgency)
    if (counted === undefined) return
    decrease(this.#accounts, counted.account)
    decrease(this.#principals, counted.principal)
  }
}

/**
 * With which calls a call is counted: those that take permissions away by themselves, so that they can be made however
 * many others are.
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
