/** For tests: one connection after the other, on which one call after the other is made. */

import type { Output } from '../../src/api/json.ts'
import { openRaw, type RawConnection, rawRequest } from '../support/raw.ts'
import type { Credentials, TestServer } from '../support/server.ts'
import type { Acknowledged } from './acknowledged.ts'

/** An answer, as far as a soak looks at it. */
export type LaneAnswer = {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
  readonly tookMs: number
}

/** What a lane works with. */
export type LaneDependencies = { readonly server: TestServer; readonly acknowledged: Acknowledged }

/** A client with a connection, which it opens again when it was closed. */
export class Lane {
  readonly #dependencies: LaneDependencies
  #connection: RawConnection | undefined
  /** Connections that were closed while a call waited for its answer. */
  cutOff = 0

  constructor(dependencies: LaneDependencies) {
    this.#dependencies = dependencies
  }

  /** Makes one call; nothing when the connection ended before its answer. */
  async call(operation: string, input: Output, credentials?: Credentials): Promise<LaneAnswer | undefined> {
    const { server, acknowledged } = this.#dependencies
    const beganAtMs = performance.now()
    try {
      this.#connection ??= await openRaw(server)
      const to = { endpoint: server.endpoint, credentials: credentials ?? server.credentials }
      this.#connection.send(rawRequest(to, `TrentService.${operation}`, JSON.stringify(input)))
      const { statusLine, headers, body } = await this.#connection.response()
      const status = Number(statusLine.split(' ')[1])
      // What is refused before its caller is known is recorded as far as its rate allows.
      if (status === 200) acknowledged.add(headers.get('x-amzn-RequestId') ?? 'none')
      const tookMs = performance.now() - beganAtMs
      return { status, body: JSON.parse(body || '{}') as Record<string, unknown>, tookMs }
    } catch {
      this.cutOff += 1
      this.close()
      return undefined
    }
  }

  /** Ends the connection; the next call opens another one. */
  close(): void {
    this.#connection?.socket.destroy()
    this.#connection = undefined
  }
}
