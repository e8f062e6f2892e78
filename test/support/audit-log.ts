/** For tests: a log in its own folder, with time and files that the test controls. */

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Chain } from '../../src/audit/log/chain.ts'
import { type AppendFile, type AuditFiles, systemFiles } from '../../src/audit/log/files.ts'
import type { AuditHead } from '../../src/audit/log/head.ts'
import { type Recovery, recoverLog } from '../../src/audit/log/recover.ts'
import { AuditLog } from '../../src/audit/log/writer.ts'
import { silentLog } from '../../src/base/log.ts'
import type { Clock, Timers } from '../../src/base/ports.ts'
import { hmacKey } from '../../src/crypto/hmac.ts'

/** The audit key that all tests use. */
export const TEST_KEY = hmacKey(new Uint8Array(32).fill(7))

/** The node that all tests use. */
export const TEST_CHAIN: Chain = { node: 'node-0', key: TEST_KEY }

/** An event with this ID and optional filling. */
export function testEvent(id: string, filling = ''): string {
  return JSON.stringify({ eventVersion: '1.11', eventID: id, filling })
}

type Waiting = { readonly dueMs: number; readonly task: () => void }

/** Time that advances only when the test says so. */
export class TestTime implements Clock, Timers {
  #nowMs = 1_000_000
  #waiting: Waiting[] = []

  now(): number {
    return this.#nowMs
  }

  monotonicMs(): number {
    return this.#nowMs
  }

  after(delayMs: number, task: () => void): { cancel: () => void } {
    const waiting = { dueMs: this.#nowMs + delayMs, task }
    this.#waiting.push(waiting)
    return {
      cancel: () => {
        this.#waiting = this.#waiting.filter((one) => one !== waiting)
      },
    }
  }

  /** Advances time and runs the due tasks. */
  pass(durationMs: number): void {
    this.#nowMs += durationMs
    const due = this.#waiting.filter((one) => one.dueMs <= this.#nowMs)
    this.#waiting = this.#waiting.filter((one) => one.dueMs > this.#nowMs)
    for (const { task } of due) task()
  }
}

/** The calls that can fail. */
export type FailingCall = 'write' | 'truncate' | 'openAppend' | 'syncFolder' | 'close'

/** The system's files with calls that a test can make fail. Some writes are short. */
export class FaultFiles implements AuditFiles {
  readonly list = systemFiles.list
  readonly makeFolder = systemFiles.makeFolder
  readonly openRead = systemFiles.openRead
  readonly sizeOf = systemFiles.sizeOf
  readonly copyTail = systemFiles.copyTail
  readonly rename = systemFiles.rename
  readonly remove = systemFiles.remove
  /** The number of calls so far. */
  calls = 0
  /** Decides, by its number from 1 and its name, whether a call fails. */
  fails: (call: number, name: FailingCall) => boolean = () => false
  bytesBeforeFailure = 0
  shortWrites = false

  async openAppend(path: string): Promise<AppendFile> {
    this.#count('openAppend')
    const file = await systemFiles.openAppend(path)
    return {
      sizeBytes: file.sizeBytes,
      truncate: async (sizeBytes) => {
        this.#count('truncate')
        await file.truncate(sizeBytes)
      },
      write: async (bytes) => {
        await this.#countWrite(file, bytes)
        return file.write(this.shortWrites ? bytes.subarray(0, Math.ceil(bytes.length / 2)) : bytes)
      },
      close: async () => {
        await file.close()
        this.#count('close')
      },
    }
  }

  async syncFolder(path: string): Promise<void> {
    this.#count('syncFolder')
    await systemFiles.syncFolder(path)
  }

  async #countWrite(file: AppendFile, bytes: Uint8Array): Promise<void> {
    try {
      this.#count('write')
    } catch (error) {
      const torn = bytes.subarray(0, this.bytesBeforeFailure)
      if (torn.length > 0) await file.write(torn)
      throw error
    }
  }

  #count(name: FailingCall): void {
    this.calls += 1
    if (this.fails(this.calls, name)) throw new Error(`injected: ${name} ${this.calls}`)
  }
}

/** The dependencies of a test's log. */
export type TestLogDependencies = {
  /** The folder of all nodes. */
  readonly folder: string
  readonly files?: AuditFiles
  readonly time?: TestTime
  readonly heads?: Map<string, AuditHead>
  readonly segmentMaxBytes?: number
  readonly chain?: Chain
}

/** Recovers and opens the log of the test's node. Saves its heads in `heads`. */
export async function openTestLog(
  dependencies: TestLogDependencies,
): Promise<{ log: AuditLog; recovery: Recovery }> {
  const {
    files = systemFiles,
    time = new TestTime(),
    heads = new Map<string, AuditHead>(),
    chain = TEST_CHAIN,
  } = dependencies
  const { node } = chain
  const folder = join(dependencies.folder, node)
  mkdirSync(folder, { recursive: true })
  const recovery = await recoverLog({ folder, chain, files, head: heads.get(node) })
  const log = new AuditLog({
    folder,
    chain,
    tail: recovery.tail,
    files,
    clock: time,
    timers: time,
    log: silentLog,
    saveHead: async (head) => {
      heads.set(node, head)
    },
    ...(dependencies.segmentMaxBytes === undefined ? {} : { segmentMaxBytes: dependencies.segmentMaxBytes }),
  })
  return { log, recovery }
}
