/** For tests: an incremental reader of a data folder's audit log. */

import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Event } from './audit.ts'

/**
 * Reads the segments of all nodes incrementally, and counts the events of each request.
 * The caller must read while no process appends. Then every read line is durable, and no file becomes shorter.
 */
export class AuditTail {
  readonly #folder: string
  readonly #offsets = new Map<string, number>()
  readonly #counts = new Map<string, number>()
  events = 0

  constructor(data: string) {
    this.#folder = join(data, 'audit')
  }

  /** The number of a request's events in the log so far. */
  countOf(requestId: string): number {
    return this.#counts.get(requestId) ?? 0
  }

  /**
   * Reads the new part of the log.
   * @throws Error if a request has a second event, or a segment has become shorter.
   */
  async read(): Promise<void> {
    for (const node of (await readdir(this.#folder)).sort()) {
      for (const name of (await readdir(join(this.#folder, node))).sort()) {
        if (name.endsWith('.jsonl')) await this.#readSegment(join(this.#folder, node, name))
      }
    }
  }

  async #readSegment(path: string): Promise<void> {
    const file = await open(path)
    try {
      const { size } = await file.stat()
      const from = this.#offsets.get(path) ?? 0
      if (size < from) throw new Error(`${path} has ${size} bytes; it had ${from} before`)
      const buffer = Buffer.alloc(size - from)
      const { bytesRead } = await file.read(buffer, 0, buffer.length, from)
      // A batch that the server is writing does not end with a newline. The next read includes it.
      const end = buffer.lastIndexOf('\n', bytesRead - 1) + 1
      this.#offsets.set(path, from + end)
      for (const line of buffer.toString('utf8', 0, end).split('\n')) this.#note(line)
    } finally {
      await file.close()
    }
  }

  #note(line: string): void {
    if (!line.startsWith('{"eventVersion":')) return
    this.events += 1
    const { requestID, eventName } = JSON.parse(line) as Event
    if (requestID === undefined) return
    const count = this.countOf(requestID) + 1
    this.#counts.set(requestID, count)
    if (count > 1) throw new Error(`${count} events of the ${eventName} request ${requestID}`)
  }
}
