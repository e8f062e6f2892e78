/** For tests: the audit log of a data folder, read on from where it was read last. */

import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Event } from './audit.ts'

/**
 * Follows the segments of all nodes and counts the events of each request.
 *
 * Only what is durable is read if the log is read while nobody appends, so no file gets shorter.
 */
export class AuditTail {
  readonly #folder: string
  readonly #offsets = new Map<string, number>()
  readonly #counts = new Map<string, number>()
  events = 0

  constructor(data: string) {
    this.#folder = join(data, 'audit')
  }

  /** How many events of a request the log has so far. */
  countOf(requestId: string): number {
    return this.#counts.get(requestId) ?? 0
  }

  /** Reads on. @throws when a request has a second event, or a segment has become shorter. */
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
      // A batch that is being written ends without a line end: it is read next time.
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
