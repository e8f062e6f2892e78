/** For tests: every way in which somebody, or a disk, spoils an audit log. */

import type { AuditHead } from '../../src/audit/log/head.ts'
import { segmentName } from '../../src/audit/log/segment.ts'
import { CHECKPOINTS_FOLDER } from '../../src/audit/proofs/kept-checkpoints.ts'
import type { Seeded } from '../support/seeded.ts'
import { type LogState, NODES, type Recorded } from './recorded-log.ts'

/** A log that is being spoiled. */
export type Spoiled = { readonly files: Map<string, Buffer>; readonly heads: Map<string, AuditHead> } & Pick<
  LogState,
  'trees'
>

/** Where something is spoiled, and by which choices. */
type Spoiling = {
  readonly log: Spoiled
  readonly path: string
  readonly random: Seeded
  readonly recorded: Recorded
}

/** Spoils something; it may also leave everything as it was. */
export type Spoil = (spoiling: Spoiling) => void

/** The segments of a log, in order. */
export function segmentsOf(log: Pick<LogState, 'files'>): readonly string[] {
  return [...log.files.keys()].filter((path) => path.endsWith('.jsonl')).sort()
}

const edit =
  (change: (bytes: Buffer, random: Seeded) => Buffer): Spoil =>
  ({ log, path, random }) => {
    const bytes = log.files.get(path)
    if (bytes !== undefined && bytes.length > 0) log.files.set(path, change(bytes, random))
  }

/** Changes a list of lines, each with its line end, or of batches. */
const editList = (
  split: (text: string) => readonly string[],
  change: (items: readonly string[], random: Seeded) => readonly string[],
): Spoil =>
  edit((bytes, random) => Buffer.from(change(split(bytes.toString('latin1')), random).join(''), 'latin1'))

const lines = (text: string): readonly string[] => text.split(/(?<=\n)/)
/** The segment line, and the batches. */
const batches = (text: string): readonly string[] => text.split(/(?<=^\{"(?:segment|batch)":.*\n)/m)

type EditItems = (items: readonly string[], random: Seeded) => readonly string[]

const drop: EditItems = (items, random) => items.toSpliced(random.below(items.length), 1 + random.below(2))
const double: EditItems = (items, random) => {
  const at = random.below(items.length)
  return items.toSpliced(random.below(items.length + 1), 0, items[at] ?? '')
}
const exchange: EditItems = (items, random) => {
  const [a, b] = [random.below(items.length), random.below(items.length)]
  return items.with(a, items[b] ?? '').with(b, items[a] ?? '')
}
const reverse: EditItems = (items, random) => {
  const [begin, count] = [random.below(items.length), 2 + random.below(3)]
  return items.toSpliced(begin, count, ...items.slice(begin, begin + count).reverse())
}
const cut: EditItems = (items, random) => items.slice(0, random.below(items.length))
const behead: EditItems = (items, random) => items.slice(random.below(items.length))

function range(bytes: Buffer, random: Seeded, maxBytes: number): readonly [begin: number, end: number] {
  const begin = random.below(bytes.length)
  return [begin, Math.min(bytes.length, begin + 1 + random.below(maxBytes))]
}

const LETTERS = '\n"{}0123456789=+/A\0é,:'

const BYTES: Readonly<Record<string, Spoil>> = {
  'a flipped bit': edit((bytes, random) => {
    const at = random.below(bytes.length)
    return Buffer.from(bytes.with(at, (bytes[at] ?? 0) ^ (1 << random.below(8))))
  }),
  'another byte': edit((bytes, random) =>
    Buffer.from(bytes.with(random.below(bytes.length), random.pick([...Buffer.from(LETTERS)]))),
  ),
  'another digit of a batch line': edit((bytes, random) => {
    const text = bytes.toString('latin1')
    const digits = [...text.matchAll(/^\{"(?:batch|segment)":.*\n/gm)].flatMap(({ index, 0: line }) =>
      [...line.matchAll(/[0-9A-Za-z+/=]/g)].map((digit) => index + digit.index),
    )
    return Buffer.from(bytes.with(random.pick(digits), random.pick([...Buffer.from('0123456789ABab+/=')])))
  }),
  'dropped bytes': edit((bytes, random) => {
    const [begin, end] = range(bytes, random, 300)
    return Buffer.concat([bytes.subarray(0, begin), bytes.subarray(end)])
  }),
  'doubled bytes': edit((bytes, random) => {
    const [begin, end] = range(bytes, random, 300)
    return Buffer.concat([bytes.subarray(0, end), bytes.subarray(begin)])
  }),
  'inserted bytes': edit((bytes, random) => {
    const at = random.below(bytes.length + 1)
    return Buffer.concat([bytes.subarray(0, at), Buffer.from(random.pick([...LETTERS])), bytes.subarray(at)])
  }),
  'a block of zeros': edit((bytes, random) => {
    const [begin, end] = range(bytes, random, 512)
    return Buffer.from(bytes).fill(0, begin, end)
  }),
  'exchanged bytes': edit((bytes, random) => {
    const [begin, end] = range(bytes, random, 60)
    const middle = Math.floor((begin + end) / 2)
    const parts = [bytes.subarray(0, begin), bytes.subarray(middle, end), bytes.subarray(begin, middle)]
    return Buffer.concat([...parts, bytes.subarray(end)])
  }),
  'a cut-off end': edit((bytes, random) => bytes.subarray(0, random.below(bytes.length))),
  'a cut-off beginning': edit((bytes, random) => bytes.subarray(random.below(bytes.length))),
}

const LISTS: Readonly<Record<string, EditItems>> = {
  dropped: drop,
  doubled: double,
  exchanged: exchange,
  reversed: reverse,
  'cut off': cut,
  beheaded: behead,
}

const LINES_AND_BATCHES: Readonly<Record<string, Spoil>> = Object.fromEntries(
  Object.entries(LISTS).flatMap(([name, change]) => [
    [`lines ${name}`, editList(lines, change)],
    [`batches ${name}`, editList(batches, change)],
  ]),
)

const inOther = (path: string, node: string): string => path.replace(/^node-\d+/, node)
const otherNode = (path: string): string => NODES.find((node) => !path.startsWith(`${node}/`)) ?? ''

function moveFile(files: Map<string, Buffer>, from: string, to: string): void {
  const bytes = files.get(from)
  if (bytes === undefined || from === to) return
  files.delete(from)
  files.set(to, bytes)
}

function exchangeFiles(files: Map<string, Buffer>, a: string, b: string): void {
  const [first, second] = [files.get(a), files.get(b)]
  if (first === undefined || second === undefined) return
  files.set(a, second)
  files.set(b, first)
}

const FILES: Readonly<Record<string, Spoil>> = {
  'a removed segment': ({ log, path }) => void log.files.delete(path),
  'an emptied segment': ({ log, path }) => void log.files.set(path, Buffer.alloc(0)),
  'a renamed segment': ({ log, path, random }) =>
    moveFile(log.files, path, path.replace(/\d{16}/, segmentName(random.below(200)).slice(0, 16))),
  'a segment under a second name': ({ log, path, random }) => {
    const bytes = log.files.get(path)
    const name = path.replace(/\d{16}/, segmentName(random.below(200)).slice(0, 16))
    if (bytes !== undefined && !log.files.has(name)) log.files.set(name, bytes)
  },
  'exchanged segments': ({ log, path, random }) =>
    exchangeFiles(
      log.files,
      path,
      random.pick(segmentsOf(log).filter((one) => one.startsWith(path.slice(0, 6)))),
    ),
  'segments exchanged between nodes': ({ log, path, random }) =>
    exchangeFiles(
      log.files,
      path,
      random.pick(segmentsOf(log).filter((one) => !one.startsWith(path.slice(0, 6)))),
    ),
  'a segment of another node': ({ log, path, random }) => {
    const other = random.pick(segmentsOf(log).filter((one) => !one.startsWith(path.slice(0, 6))))
    log.files.set(path, log.files.get(other) ?? Buffer.alloc(0))
  },
  'a batch of another place': ({ log, path, random }) => {
    const from = random.pick(segmentsOf(log))
    const taken = random.pick(batches(log.files.get(from)?.toString('latin1') ?? ''))
    const own = batches(log.files.get(path)?.toString('latin1') ?? '')
    const at = random.below(own.length)
    log.files.set(path, Buffer.from(own.toSpliced(at, random.below(2), taken).join(''), 'latin1'))
  },
  'a log cut off before the segment': ({ log, path }) => {
    for (const one of segmentsOf(log))
      if (one >= path && one.startsWith(path.slice(0, 6))) log.files.delete(one)
  },
  'a node that is a copy of another': ({ log, path }) => {
    const other = otherNode(path)
    for (const one of segmentsOf(log)) if (one.startsWith(other)) log.files.delete(one)
    for (const one of segmentsOf(log))
      log.files.set(inOther(one, other), log.files.get(one) ?? Buffer.alloc(0))
  },
}

const nodeOf = (path: string): string => path.slice(0, path.indexOf('/'))

function changeHead({ log, path }: Spoiling, change: (head: AuditHead) => AuditHead): void {
  const head = log.heads.get(nodeOf(path))
  if (head !== undefined) log.heads.set(nodeOf(path), change(head))
}

const RECORDS: Readonly<Record<string, Spoil>> = {
  'a head rolled back': (spoiling) => {
    const ends = spoiling.recorded.ends.get(nodeOf(spoiling.path)) ?? []
    changeHead(spoiling, () => spoiling.random.pick(ends))
  },
  'a head rolled back, and the log with it': (spoiling) => {
    const { log, path, random, recorded } = spoiling
    const end = random.pick(recorded.ends.get(nodeOf(path)) ?? [])
    changeHead(spoiling, () => end)
    for (const one of segmentsOf(log).filter((name) => name.startsWith(nodeOf(path)))) {
      const first = Number(one.slice(-'.jsonl'.length - 16, -'.jsonl'.length))
      if (first > end.segment) log.files.delete(one)
      if (first === end.segment)
        log.files.set(one, log.files.get(one)?.subarray(0, end.offset) ?? Buffer.alloc(0))
    }
  },
  'a head put forward': (spoiling) => {
    const by = 1 + spoiling.random.below(5)
    changeHead(spoiling, (head) => ({ ...head, sequence: head.sequence + by }))
  },
  'a head with another MAC': (spoiling) => {
    const at = spoiling.random.below(32)
    changeHead(spoiling, (head) => ({ ...head, mac: head.mac.with(at, (head.mac[at] ?? 0) ^ 1) }))
  },
  'the head of another node': ({ log, path }) => {
    const other = log.heads.get(otherNode(path))
    if (other !== undefined) log.heads.set(nodeOf(path), other)
  },
  'no head': ({ log, path }) => void log.heads.delete(nodeOf(path)),
}

const CHECKPOINTS: Readonly<Record<string, Spoil>> = {
  'a changed checkpoint': (spoiling) =>
    BYTES['a flipped bit']?.({ ...spoiling, path: checkpointOf(spoiling) }),
  'a cut-off checkpoint': (spoiling) =>
    BYTES['a cut-off end']?.({ ...spoiling, path: checkpointOf(spoiling) }),
  'a renamed checkpoint': (spoiling) => {
    const path = checkpointOf(spoiling)
    moveFile(
      spoiling.log.files,
      path,
      path.replace(/\d{16}/, String(spoiling.random.below(300)).padStart(16, '0')),
    )
  },
  'a checkpoint of another node': (spoiling) => {
    const path = checkpointOf(spoiling)
    const other = [...spoiling.log.files].find(([one]) => one.startsWith(CHECKPOINTS_FOLDER) && one !== path)
    if (other !== undefined) spoiling.log.files.set(path, other[1])
  },
}

function checkpointOf({ log, path }: Spoiling): string {
  const prefix = `${CHECKPOINTS_FOLDER}/${nodeOf(path)}/`
  return [...log.files.keys()].find((one) => one.startsWith(prefix)) ?? ''
}

/** Every way to spoil a log, by name. */
export const SPOILS: Readonly<Record<string, Spoil>> = {
  ...BYTES,
  ...LINES_AND_BATCHES,
  ...FILES,
  ...RECORDS,
  ...CHECKPOINTS,
}
