import type { Socket } from 'node:net'
import { networkOf } from '../base/network.ts'
import type { Timer, Timers } from '../base/ports.ts'

/** A bound: for all clients together, and for one address. */
export type Bound = { readonly all: number; readonly address: number }

/** Connections beyond the bounds. The server answers only probes on them. */
export const RESERVED_CONNECTIONS = 64
/** The time that such a connection has to send its request. */
const RESERVED_TIMEOUT_MS = 5_000

/** The network of connections: an IPv4 address, or the first 64 bits of an IPv6 address. */
export type Network = {
  readonly name: string
  connections: number
  /** Requests in flight. */
  requests: number
  /** Connections that wait for their client, the longest idle first. */
  readonly idle: Set<Peer>
}

/** A client's connection. */
export type Peer = {
  /** With TLS the encrypted socket, once there is one. */
  socket: Socket
  readonly network: Network
  /** The server answers only probes on it. */
  readonly isReserved: boolean
  /** Whether a known caller has made a call on it. */
  isProven: boolean
  /** Whether a call on it is in flight. */
  isCalling: boolean
  /** Called once it is closed. */
  closed: () => void
}

/** The dependencies of a table of connections. */
export type PeersDependencies = {
  readonly bound: Bound
  readonly timers: Timers
  /** Called when a connection was closed for the bound, or reserved for probes. */
  readonly reached: () => void
}

/**
 * The open connections, within bounds. A new one beyond the bound of its address, or of all, replaces the
 * longest idle one: of its own address, or of the address that has most. If none is idle, it gets a reserved
 * place for a moment, so that the server always answers probes.
 */
export class Peers {
  readonly #dependencies: PeersDependencies
  readonly #bySocket = new Map<Socket, Peer>()
  readonly #byPlace = new Map<string, Peer>()
  readonly #networks = new Map<string, Network>()
  readonly #counted = new Set<Peer>()
  readonly #reserved = new Map<Peer, Timer>()

  constructor(dependencies: PeersDependencies) {
    this.#dependencies = dependencies
  }

  /** Open connections. */
  get count(): number {
    return this.#counted.size + this.#reserved.size
  }

  /** The peer of a socket; nothing once it is gone. */
  of(socket: Socket): Peer | undefined {
    return this.#bySocket.get(socket)
  }

  /** Adds a new connection. */
  add(socket: Socket): Peer {
    const network = this.#network(networkOf(socket.remoteAddress ?? ''))
    const isReserved = !this.#hasRoom(network)
    const peer: Peer = { socket, network, isReserved, isProven: false, isCalling: false, closed: () => {} }
    if (isReserved) this.#reserve(peer)
    else {
      this.#counted.add(peer)
      network.connections += 1
      network.idle.add(peer)
    }
    const place = placeOf(socket)
    this.#bySocket.set(socket, peer)
    this.#byPlace.set(place, peer)
    socket.once('close', () => {
      this.#bySocket.delete(socket)
      if (this.#byPlace.get(place) === peer) this.#byPlace.delete(place)
      this.#remove(peer)
      peer.closed()
    })
    return peer
  }

  /** Notes that a connection is now encrypted. */
  secured(socket: Socket): Peer | undefined {
    const peer = this.#byPlace.get(placeOf(socket))
    if (peer === undefined) return undefined
    peer.socket = socket
    this.#bySocket.set(socket, peer)
    socket.once('close', () => {
      this.#bySocket.delete(socket)
      peer.closed()
    })
    return peer
  }

  /** Notes that a peer waits for an answer. */
  busy(peer: Peer): void {
    peer.network.idle.delete(peer)
  }

  /** Notes that a peer has its answer, or needs none. */
  idle(peer: Peer): void {
    if (!peer.isReserved && !peer.socket.destroyed) peer.network.idle.add(peer)
  }

  #network(name: string): Network {
    const known = this.#networks.get(name)
    if (known !== undefined) return known
    const network = { name, connections: 0, requests: 0, idle: new Set<Peer>() }
    this.#networks.set(name, network)
    return network
  }

  #hasRoom(network: Network): boolean {
    const { bound } = this.#dependencies
    if (network.connections >= bound.address) return this.#closeIdle(network)
    return this.#counted.size < bound.all || this.#closeIdle(this.#largest())
  }

  /** The address with most connections, among those that have an idle one. */
  #largest(): Network | undefined {
    let largest: Network | undefined
    for (const network of this.#networks.values()) {
      if (network.idle.size > 0 && network.connections > (largest?.connections ?? 0)) largest = network
    }
    return largest
  }

  /** Closes the longest idle connection; returns whether there was one. */
  #closeIdle(network: Network | undefined): boolean {
    this.#dependencies.reached()
    for (const peer of network?.idle ?? []) {
      this.#remove(peer)
      peer.socket.destroy()
      return true
    }
    return false
  }

  #reserve(peer: Peer): void {
    if (this.#reserved.size >= RESERVED_CONNECTIONS) {
      for (const oldest of this.#reserved.keys()) {
        this.#remove(oldest)
        oldest.socket.destroy()
        break
      }
    }
    this.#reserved.set(
      peer,
      this.#dependencies.timers.after(RESERVED_TIMEOUT_MS, () => peer.socket.destroy()),
    )
  }

  /** Does nothing for a connection that is gone. */
  #remove(peer: Peer): void {
    const { network } = peer
    this.#reserved.get(peer)?.cancel()
    this.#reserved.delete(peer)
    if (this.#counted.delete(peer)) network.connections -= 1
    network.idle.delete(peer)
    if (network.connections === 0) this.#networks.delete(network.name)
  }
}

/** What the two sockets of an encrypted connection have in common. */
function placeOf({ localAddress, remoteAddress, remotePort }: Socket): string {
  return `${localAddress} ${remoteAddress} ${remotePort}`
}
