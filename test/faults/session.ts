/** For tests: calls whose responses must all be in the audit log. */

import assert from 'node:assert/strict'
import type { Output } from '../../src/api/json.ts'
import { type Answer, call } from '../support/calls.ts'
import { REGION } from '../support/kms.ts'
import type { TestServer } from '../support/server.ts'

/** The lowest status of a server error, which the server returns when it cannot write the audit log. */
const SERVER_FAULT = 500

/** More connections than all callers of a load have in total. */
const BROKEN_MAX = 20

/** Makes calls to one server and records what it acknowledged. */
export class Session {
  readonly server: TestServer
  /** The IDs of answered requests. Sessions on the same data folder share them. */
  readonly acknowledged: Set<string>
  readonly #now: () => number
  #answers = 0
  readonly #waiting: { readonly count: number; readonly resolve: () => void }[] = []

  /** @param now the time of the server's clock. */
  constructor(server: TestServer, acknowledged: Set<string>, now: () => number = Date.now) {
    this.server = server
    this.acknowledged = acknowledged
    this.#now = now
  }

  /** Makes a call and returns any response; `undefined` if the connection failed first. */
  async try(operation: string, input: Output, region = REGION): Promise<Answer | undefined> {
    let answer: Answer
    try {
      answer = await call(this.server, operation, input, { region, now: this.#now() })
    } catch {
      return undefined
    }
    assert.notEqual(answer.requestId, '', `${operation} was answered without a request id`)
    if (answer.status < SERVER_FAULT) this.acknowledged.add(answer.requestId)
    this.#answers += 1
    for (const { count, resolve } of this.#waiting) if (count <= this.#answers) resolve()
    return answer
  }

  get answers(): number {
    return this.#answers
  }

  /** Resolves after the given number of responses. */
  answered(count: number): Promise<void> {
    if (count <= this.#answers) return Promise.resolve()
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#waiting.push({ count, resolve })
    return promise
  }

  /** Makes a call that must succeed. Returns its output. */
  async succeed(operation: string, input: Output, region = REGION): Promise<Answer['json']> {
    const answer = await this.#insist(operation, input, region)
    assert.equal(answer?.status, 200, `${operation} ${JSON.stringify(input)}: ${answer?.text ?? 'no answer'}`)
    return answer.json
  }

  /** Makes a call that must fail with this code. */
  async refused(operation: string, input: Output, code: string, region = REGION): Promise<void> {
    const answer = await this.#insist(operation, input, region)
    assert.equal(answer?.code, code, `${operation} ${JSON.stringify(input)}: ${answer?.text ?? 'no answer'}`)
  }

  /** Retries if the connection belonged to a worker that was killed. */
  async #insist(operation: string, input: Output, region: string): Promise<Answer | undefined> {
    for (let left = BROKEN_MAX; left > 0; left -= 1) {
      const answer = await this.try(operation, input, region)
      if (answer !== undefined) return answer
    }
    return undefined
  }

  /** All entries of a paginated list. */
  async list(operation: string, member: string, input: Output, region = REGION): Promise<readonly Entry[]> {
    const entries: Entry[] = []
    let marker: string | undefined
    do {
      const asked = marker === undefined ? input : { ...input, Marker: marker }
      const page = await this.succeed(operation, asked, region)
      entries.push(...(page[member] as readonly Entry[]))
      marker = page['Truncated'] === true ? String(page['NextMarker']) : undefined
    } while (marker !== undefined)
    return entries
  }
}

/** An entry of a list. */
export type Entry = { readonly [name: string]: unknown }
