/** For tests: spoils a recorded log again and again, and looks whether `audit verify` finds it. */

import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { systemFiles } from '../../src/audit/log/files.ts'
import { segmentName } from '../../src/audit/log/segment.ts'
import { CHECKPOINTS_FOLDER, readCheckpoints } from '../../src/audit/proofs/kept-checkpoints.ts'
import { type Verification, verifyLog } from '../../src/audit/verify/verify.ts'
import { HEAD_LATE_MS } from '../../src/audit/verify/verify-node.ts'
import { TEST_KEY } from '../support/audit-log.ts'
import { type Seeded, seeded } from '../support/seeded.ts'
import { type LogState, NODES, type Recorded, recordLog, SIGNING_KEY } from './recorded-log.ts'
import { SPOILS, type Spoiled, segmentsOf } from './spoil.ts'

/** What a campaign has found. */
export type CampaignResult = {
  /** Spoiled logs, by how they were spoiled: all, and those that were found. */
  readonly spoiled: Readonly<Record<string, { cases: number; found: number }>>
  /** Logs that are as they may be. */
  readonly undamaged: number
  /** Spoiled logs that were taken for whole. */
  readonly missed: readonly string[]
  /** Undamaged logs that were not taken for whole. */
  readonly falseAlarms: readonly string[]
}

/** One in so many cases is an undamaged log. */
const UNDAMAGED_ONE_IN = 8
/** Seeds of campaigns are further apart than any has cases. */
const SEED_STEP = 100_000_007
/** One in so many spoiled logs is spoiled twice. */
const TWICE_ONE_IN = 6

/** Verifies so many logs in an empty folder; the same for the same seed. */
export async function runCampaign(folder: string, seed: number, cases: number): Promise<CampaignResult> {
  const recorded = await recordLog(folder)
  const disk = new Disk(folder, recorded)
  const names = Object.keys(SPOILS)
  const paths = segmentsOf(recorded)
  const tally = new Tally(names)
  for (let index = 0; index < cases; index += 1) {
    const random = seeded(seed * SEED_STEP + index)
    const { heads, files, trees } = recorded
    const log: Spoiled = { files: new Map(files), heads: new Map(heads), trees }
    const name = names[index % names.length] ?? ''
    const path = paths[(index + Math.floor(index / names.length)) % paths.length] ?? ''
    const does = random.oneIn(UNDAMAGED_ONE_IN)
      ? grow({ log, recorded, random })
      : spoil({ log, path, random, recorded }, name)
    const found = await disk.verify(log)
    const says = JSON.stringify(found.firstDamage ?? 'whole')
    const what = `seed ${seed}, case ${index}: ${does} at ${path}: ${says}`
    if (isWhole(log, recorded)) tally.whole(found, what)
    else tally.spoiled(name, found, what)
  }
  return tally.result
}

class Tally {
  readonly #spoiled: Record<string, { cases: number; found: number }>
  readonly #missed: string[] = []
  readonly #falseAlarms: string[] = []
  #undamaged = 0

  constructor(names: readonly string[]) {
    this.#spoiled = Object.fromEntries(names.map((name) => [name, { cases: 0, found: 0 }]))
  }

  get result(): CampaignResult {
    return {
      spoiled: this.#spoiled,
      undamaged: this.#undamaged,
      missed: this.#missed,
      falseAlarms: this.#falseAlarms,
    }
  }

  whole({ firstDamage, warnings }: Verification, what: string): void {
    this.#undamaged += 1
    if (firstDamage !== undefined || warnings.length > 0) this.#falseAlarms.push(what)
  }

  spoiled(name: string, found: Verification, what: string): void {
    const isSeen = isFound(found)
    const count = this.#spoiled[name]
    if (count !== undefined) {
      count.cases += 1
      count.found += isSeen ? 1 : 0
    }
    if (!isSeen) this.#missed.push(what)
  }
}

type Case = {
  readonly log: Spoiled
  readonly path: string
  readonly random: Seeded
  readonly recorded: Recorded
}

function spoil(one: Case, name: string): string {
  SPOILS[name]?.(one)
  if (!one.random.oneIn(TWICE_ONE_IN)) return name
  const second = one.random.pick(Object.keys(SPOILS))
  const path = one.random.pick(segmentsOf(one.recorded))
  if (one.log.files.has(path)) SPOILS[second]?.({ ...one, path })
  return `${name}, and ${second}`
}

/** What a log may be like at any time: as a crash, a running server or an operator leaves it. */
function grow({ log, recorded, random }: Omit<Case, 'path'>): string {
  const node = random.pick(NODES)
  const ends = recorded.ends.get(node) ?? []
  const last = ends.at(-1)
  switch (random.below(5)) {
    case 0:
      return 'nothing'
    case 1:
      log.files.set(`${node}/${segmentName((last?.sequence ?? 0) + 1)}`, Buffer.alloc(0))
      return 'a segment that is being begun'
    case 2:
      for (const name of ['lock', '0000000000000001.jsonl.torn', 'notes.txt'])
        log.files.set(`${node}/${name}`, Buffer.from('{'))
      return 'other files'
    case 3: {
      const head = random.pick(ends.slice(-3))
      log.heads.set(node, head)
      return 'a head that is a little behind'
    }
    default: {
      const path = `${node}/${segmentName(last?.segment ?? 1)}`
      log.files.set(
        path,
        Buffer.concat([log.files.get(path) ?? Buffer.alloc(0), Buffer.from('{"eventVersion":"1.11","us')]),
      )
      return 'a batch that is being written'
    }
  }
}

/** Whether a log is as it may be, by comparing it with what was recorded. */
function isWhole(log: Spoiled, recorded: Recorded): boolean {
  return NODES.every((node) => isNodeWhole(log, recorded, node)) && areCheckpointsWhole(log, recorded)
}

function isNodeWhole(log: Spoiled, recorded: Recorded, node: string): boolean {
  const ends = recorded.ends.get(node) ?? []
  const head = log.heads.get(node)
  const end = ends.find(({ sequence, mac }) => sequence === head?.sequence && head.mac === mac)
  const last = ends.at(-1)
  if (end === undefined && head !== recorded.heads.get(node)) return false
  const told = end ?? last
  if (told === undefined || last === undefined || told.sequence < (recorded.trees.get(node)?.sequence ?? 0))
    return false
  const text = joined(log, node)
  // Beyond the head, batches may be missing, or a last one incomplete.
  const kept = ends.findLast(({ sequence }) => text.startsWith(joined(recorded, node, sequence)))
  if (kept === undefined || kept.sequence < told.sequence || kept.at - told.at > HEAD_LATE_MS) return false
  const rest = text.slice(joined(recorded, node, kept.sequence).length)
  return !/^\{"batch":.*\n/m.test(rest) && !rest.includes('SEGMENT', 1)
}

/** The segments of a node in the order of their names, up to a batch, each with its name. */
function joined(
  log: Pick<LogState, 'files'> & Partial<Pick<Recorded, 'ends'>>,
  node: string,
  until?: number,
): string {
  const end = log.ends?.get(node)?.find(({ sequence }) => sequence === until)
  let text = ''
  for (const path of segmentsOf(log).filter((one) => one.startsWith(`${node}/`))) {
    const bytes = log.files.get(path)?.toString('latin1') ?? ''
    const isLast = end !== undefined && path === `${node}/${segmentName(end.segment)}`
    if (bytes.length > 0) text += `SEGMENT ${path}\n${isLast ? bytes.slice(0, end.offset) : bytes}`
    if (isLast) break
  }
  return text
}

function areCheckpointsWhole(log: Spoiled, recorded: Recorded): boolean {
  return [...log.files]
    .filter(([path]) => path.startsWith(CHECKPOINTS_FOLDER))
    .every(([path, bytes]) => recorded.files.get(path)?.equals(bytes) ?? false)
}

function isFound({ firstDamage, unfinished, warnings, withoutHead }: Verification): boolean {
  return firstDamage !== undefined || unfinished.length + warnings.length + withoutHead.length > 0
}

/** The folder of the log; only what differs from before is written. */
class Disk {
  readonly #folder: string
  #files: ReadonlyMap<string, Buffer>

  constructor(folder: string, { files }: LogState) {
    this.#folder = folder
    this.#files = files
  }

  async verify({ files, heads, trees }: LogState): Promise<Verification> {
    for (const path of this.#files.keys()) if (!files.has(path)) rmSync(join(this.#folder, path))
    for (const [path, bytes] of files) {
      if (this.#files.get(path) === bytes) continue
      mkdirSync(dirname(join(this.#folder, path)), { recursive: true })
      writeFileSync(join(this.#folder, path), bytes)
    }
    this.#files = new Map(files)
    const checkpoints = await readCheckpoints(systemFiles, this.#folder, SIGNING_KEY)
    return verifyLog({ folder: this.#folder, key: TEST_KEY, heads, trees, checkpoints })
  }
}
