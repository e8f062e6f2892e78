/** For tests: a data folder on a disk that can fail, and its expected content. */

import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { AuditTail } from '../support/audit-tail.ts'
import { runHoldfast } from '../support/command.ts'
import { startServer, type TestServer, temporaryFolder } from '../support/server.ts'
import { checkModel } from './check.ts'
import { type Injector, openInjector } from './injector.ts'
import { Model } from './model.ts'
import { Scenario } from './scenario.ts'
import { Session } from './session.ts'

/** The maximum time in which a server must recover after a fault ends. */
const DEADLINE_MS = 20_000

/** Runs servers on one folder one after another, and records what they acknowledge. */
export class TestBench {
  readonly data: string
  readonly injector: Injector
  readonly model = new Model()
  readonly scenario = new Scenario(this.model)
  readonly #acknowledged = new Set<string>()
  readonly #tail: AuditTail
  #server: TestServer | undefined

  constructor(data: string, injector: Injector) {
    this.data = data
    this.injector = injector
    this.#tail = new AuditTail(data)
  }

  /** Starts a server and asserts that all acknowledged changes exist and are in the audit log. */
  async start(): Promise<Session> {
    const server = await startServer({ data: this.data, environment: this.injector.environment })
    this.#server = server
    const session = new Session(server, this.#acknowledged)
    await this.check(session)
    await this.assertRecorded()
    this.model.touched.clear()
    this.model.unanswered.clear()
    return session
  }

  /** Asserts that everything changed since the last start is in its acknowledged state. */
  async check(session: Session): Promise<void> {
    await checkModel(session, this.model, this.model.touched)
  }

  /** Asserts that all acknowledged requests are in the log. The caller ensures that none is still on its way there. */
  async assertRecorded(): Promise<void> {
    await this.#tail.read()
    for (const id of this.#acknowledged) {
      assert.equal(this.#tail.countOf(id), 1, `the acknowledged request ${id} is not in the audit log`)
    }
    this.#acknowledged.clear()
  }

  /** Asserts that the same process reads and writes again by itself after the fault ends. */
  async resume(session: Session, keyId: string): Promise<void> {
    const deadline = performance.now() + DEADLINE_MS
    for (const operation of ['DescribeKey', 'EnableKey']) {
      for (;;) {
        const answer = await session.try(operation, { KeyId: keyId })
        assert.ok(answer !== undefined, `the server is gone: ${session.server.errors()}`)
        if (answer.status === 200) break
        assert.ok(performance.now() < deadline, `${operation} still fails: ${session.server.errors()}`)
      }
    }
  }

  /** Ends the processes that a failed test left running. */
  async end(): Promise<void> {
    await this.#server?.kill()
  }

  /** Asserts that `holdfast audit verify` finds the log intact. */
  async verify(): Promise<void> {
    const { status, output, errors } = await runHoldfast(this.data, 'audit', 'verify')
    assert.equal(status, 0, `${output}${errors}`)
  }
}

/** Runs a function with a new bench on an empty folder. */
export async function withBench(use: (bench: TestBench) => Promise<void>): Promise<void> {
  const data = await temporaryFolder()
  await using injector = await openInjector(data)
  const bench = new TestBench(data, injector)
  try {
    await use(bench)
  } finally {
    await bench.end()
  }
  await rm(data, { recursive: true, force: true })
}

/** Whether the server's process is still running. */
export function isRunning({ process: { exitCode, signalCode } }: TestServer): boolean {
  return exitCode === null && signalCode === null
}
