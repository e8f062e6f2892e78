import type { Clock, Timer, Timers } from '../base/ports.ts'
import type { Bound, Network, Peer } from './peers.ts'

/** The dependencies of a memory budget. */
export type MemoryBudgetDependencies = {
  /** Bytes. */
  readonly bound: Bound
  /** The budget cuts off a client that moves less than `windowMinBytes` within two windows of this length. */
  readonly windowMs: number
  readonly windowMinBytes: number
  readonly clock: Clock
  readonly timers: Timers
  /** Called when a client is cut off. */
  readonly reached: () => void
}

/**
 * A budget of the memory that clients make the server hold while they send or read: one for all clients, and
 * a part of it for each address. When an address has used up its part, the budget cuts off its slowest
 * client. When all is used up, it cuts off the slowest client of the address that holds most. It always cuts
 * off a client that stands still.
 */
export class MemoryBudget {
  readonly #dependencies: MemoryBudgetDependencies
  readonly #shares = new Set<Share>()
  readonly #held = new Map<Network, number>()
  #bytes = 0
  #sweep: Timer | undefined

  constructor(dependencies: MemoryBudgetDependencies) {
    this.#dependencies = dependencies
  }

  /** The bytes that clients hold now. */
  get bytes(): number {
    return this.#bytes
  }

  /** Opens an empty share for one client. */
  open(peer: Peer): Share {
    const { clock, windowMs, windowMinBytes } = this.#dependencies
    return this.#open(peer, { clock, windowMs, windowMinBytes })
  }

  /** The same for bytes that wait for the server and not for the client. */
  openPatient(peer: Peer): Share {
    const { clock, windowMs } = this.#dependencies
    return this.#open(peer, { clock, windowMs, windowMinBytes: 0 })
  }

  #open(peer: Peer, dependencies: ShareDependencies): Share {
    return new Share(peer, (share, bytes) => this.#change(share, bytes), dependencies)
  }

  #change(share: Share, bytes: number): boolean {
    const { network } = share.peer
    const held = (this.#held.get(network) ?? 0) + bytes
    if (held === 0) this.#held.delete(network)
    else this.#held.set(network, held)
    this.#bytes += bytes
    if (share.bytes > 0) this.#shares.add(share)
    else this.#shares.delete(share)
    if (bytes > 0) {
      this.#watch()
      this.#makeRoom(network)
    }
    return share.isOpen
  }

  #makeRoom(network: Network): void {
    const { bound } = this.#dependencies
    while ((this.#held.get(network) ?? 0) > bound.address) this.#cutSlowest(network)
    while (this.#bytes > bound.all) this.#cutSlowest(this.#largest())
  }

  #largest(): Network | undefined {
    let largest: Network | undefined
    let most = 0
    for (const [network, bytes] of this.#held) {
      if (bytes <= most) continue
      largest = network
      most = bytes
    }
    return largest
  }

  #cutSlowest(network: Network | undefined): void {
    let slowest: Share | undefined
    for (const share of this.#shares) {
      if (share.peer.network !== network) continue
      const order = slowest === undefined ? -1 : share.recent() - slowest.recent()
      if (order < 0 || (order === 0 && share.bytes > (slowest?.bytes ?? 0))) slowest = share
    }
    if (slowest !== undefined) this.#cut(slowest)
  }

  #cut(share: Share): void {
    this.#dependencies.reached()
    share.close()
    share.peer.socket.destroy()
  }

  #watch(): void {
    const { timers, windowMs } = this.#dependencies
    this.#sweep ??= timers.after(windowMs, () => {
      this.#sweep = undefined
      for (const share of this.#shares) if (share.isStill()) this.#cut(share)
      if (this.#shares.size > 0) this.#watch()
    })
  }
}

type ShareDependencies = Pick<MemoryBudgetDependencies, 'clock' | 'windowMs' | 'windowMinBytes'>

type Change = (share: Share, bytes: number) => boolean

/** The memory that one client makes the server hold. */
export class Share {
  readonly peer: Peer
  readonly #change: Change
  readonly #dependencies: ShareDependencies
  readonly #openedAtMs: number
  /** Bytes moved in this window and in the one before it. */
  #moved = { window: 0, now: 0, before: 0 }
  #bytes = 0
  #isOpen = true

  constructor(peer: Peer, change: Change, dependencies: ShareDependencies) {
    this.peer = peer
    this.#change = change
    this.#dependencies = dependencies
    this.#openedAtMs = dependencies.clock.monotonicMs()
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Whether the client may continue: it is not cut off, and its share is not closed. */
  get isOpen(): boolean {
    return this.#isOpen
  }

  /** Holds more bytes; returns whether the client may continue. */
  hold(bytes: number): boolean {
    if (!this.#isOpen) return false
    this.#bytes += bytes
    return this.#change(this, bytes)
  }

  /** Holds fewer bytes. */
  release(bytes: number): void {
    if (!this.#isOpen) return
    this.#bytes -= bytes
    this.#change(this, -bytes)
  }

  /** Notes that the client has sent or read bytes. */
  moved(bytes: number): void {
    this.#roll()
    this.#moved.now += bytes
  }

  /** Closes the share, which then holds nothing. */
  close(): void {
    if (!this.#isOpen) return
    this.release(this.#bytes)
    this.#isOpen = false
  }

  /** The bytes moved lately. */
  recent(): number {
    this.#roll()
    return this.#moved.now + this.#moved.before
  }

  /** Whether the client has had two windows and moved less than it must. */
  isStill(): boolean {
    const { clock, windowMs, windowMinBytes } = this.#dependencies
    if (clock.monotonicMs() - this.#openedAtMs < 2 * windowMs) return false
    return this.recent() < windowMinBytes
  }

  #roll(): void {
    const window = Math.floor(this.#dependencies.clock.monotonicMs() / this.#dependencies.windowMs)
    const { window: last, now } = this.#moved
    if (window === last) return
    this.#moved = { window, now: 0, before: window === last + 1 ? now : 0 }
  }
}
