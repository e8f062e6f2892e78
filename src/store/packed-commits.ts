import type { RawChange } from './port.ts'

/** One commit for the writer thread. */
export type WriterCommit = { readonly ticket: number; readonly changes: readonly RawChange[] }

/**
 * Commits as one message. All bytes are in one buffer, since cloning a buffer costs as much as cloning hundreds of
 * bytes, and a commit has two for each change.
 */
export type PackedCommits = {
  /** For each commit its ticket and the number of its changes; for each change shard, two versions, and two sizes. */
  readonly numbers: readonly number[]
  readonly kinds: readonly string[]
  /** The id and the value of each change, one after the other. */
  readonly bytes: Uint8Array<ArrayBuffer>
}

/** The first version of a change that has none. */
const NO_VERSION = 0
/** The same of a rewrite, which has none either. */
const REWRITE = -1
/** The size of a value that is not there. */
const NO_VALUE = -1

/** Copies commits into one message. */
export function packCommits(commits: readonly WriterCommit[]): PackedCommits {
  const numbers: number[] = []
  const kinds: string[] = []
  let sizeBytes = 0
  for (const { ticket, changes } of commits) {
    numbers.push(ticket, changes.length)
    for (const { kind, id, shard, expected, first, isRewrite, value } of changes) {
      kinds.push(kind)
      const version = isRewrite === true ? REWRITE : (first ?? NO_VERSION)
      numbers.push(shard, expected, version, id.length, value?.length ?? NO_VALUE)
      sizeBytes += id.length + (value?.length ?? 0)
    }
  }
  return { numbers, kinds, bytes: joinBytes(commits, sizeBytes) }
}

function joinBytes(commits: readonly WriterCommit[], sizeBytes: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(sizeBytes)
  let at = 0
  for (const { changes } of commits) {
    for (const { id, value } of changes) {
      bytes.set(id, at)
      at += id.length
      if (value === undefined) continue
      bytes.set(value, at)
      at += value.length
    }
  }
  return bytes
}

/** The commits of a message. Ids and values are views of its buffer. */
export function unpackCommits({ numbers, kinds, bytes }: PackedCommits): readonly WriterCommit[] {
  const commits: WriterCommit[] = []
  let [next, nextKind, at] = [0, 0, 0]
  const number = (): number => numbers[next++] ?? 0
  const take = (length: number): Uint8Array => {
    at += length
    return bytes.subarray(at - length, at)
  }
  const change = (): RawChange => {
    const kind = kinds[nextKind++] ?? ''
    const [shard, expected, version] = [number(), number(), number()]
    const [idLength, valueLength] = [number(), number()]
    const id = take(idLength)
    const value = valueLength === NO_VALUE ? undefined : take(valueLength)
    const first = version === NO_VERSION || version === REWRITE ? undefined : version
    const change = { kind, id, shard, expected, first, value }
    return version === REWRITE ? { ...change, isRewrite: true } : change
  }
  while (next < numbers.length) {
    const [ticket, count] = [number(), number()]
    commits.push({ ticket, changes: Array.from({ length: count }, change) })
  }
  return commits
}
