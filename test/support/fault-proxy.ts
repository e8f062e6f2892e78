/** For tests: a proxy on loopback that delays, holds back and cuts what passes through it. */

import { once } from 'node:events'
import { createConnection, createServer, type Server, type Socket } from 'node:net'

/** What a proxy does with bytes. */
type Mode =
  /** Passes them on. */
  | 'open'
  /** Passes what clients send, and holds back what the server answers. */
  | 'deaf'
  /** Passes nothing on; new connections get no answer. */
  | 'silent'
  /** Refuses new connections. */
  | 'refusing'

/** A proxy in front of a port of loopback. */
export class FaultProxy implements AsyncDisposable {
  readonly #server: Server
  readonly #target: number
  readonly #sockets = new Set<Socket>()
  #mode: Mode = 'open'
  #watch: ((bytes: Buffer) => void) | undefined

  private constructor(target: number) {
    this.#target = target
    this.#server = createServer((client) => this.#connect(client))
  }

  /** Listens on a free port. */
  static async open(target: number): Promise<FaultProxy> {
    const proxy = new FaultProxy(target)
    proxy.#server.listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  get port(): number {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('the proxy has no port')
    return address.port
  }

  /** Changes what happens to everything from now on. */
  set mode(mode: Mode) {
    this.#mode = mode
  }

  /** Called with what clients send, before it is passed on. */
  set watch(watch: ((bytes: Buffer) => void) | undefined) {
    this.#watch = watch
  }

  /** Resets all connections. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
    await once(this.#server, 'close')
  }

  #connect(client: Socket): void {
    if (this.#mode === 'refusing') {
      client.resetAndDestroy()
      return
    }
    const server = createConnection({ host: '127.0.0.1', port: this.#target })
    this.#join(client, server, (bytes) => {
      this.#watch?.(bytes)
      return this.#mode === 'open' || this.#mode === 'deaf'
    })
    this.#join(server, client, () => this.#mode === 'open')
  }

  #join(from: Socket, to: Socket, passes: (bytes: Buffer) => boolean): void {
    this.#sockets.add(from)
    from.on('data', (bytes: Buffer) => {
      if (passes(bytes)) to.write(bytes)
    })
    from.on('error', () => {})
    from.on('close', () => {
      this.#sockets.delete(from)
      to.destroy()
    })
  }
}
