import { openDeployment } from '../app/deployment.ts'
import { readHeads } from '../audit/log/journal.ts'
import { nodesAmong } from '../audit/log/slot.ts'
import { systemSleep } from '../base/ports.ts'
import { UsageError } from '../base/usage-error.ts'
import { type ClaimRow, JOBS } from '../store/postgres-claims.ts'
import type { CommandInput } from './command.ts'
import { requireDataFolder } from './data-folder.ts'
import { printResult } from './result.ts'

/** A process that is alive shows it more than twice in this time. */
const LOOK_MS = 2500

type About = Readonly<Record<'host' | 'release' | 'listen', string> & { pid: number }>

/** `holdfast nodes`: lists the processes of a fleet. */
export async function listNodes(input: CommandInput): Promise<number> {
  const { config, progress } = input
  requireDataFolder(config)
  const { records, auditPlace, wrappingKey } = await openDeployment(config)
  wrappingKey[Symbol.dispose]()
  try {
    const { claims } = auditPlace
    if (claims === undefined)
      throw new UsageError('HOLDFAST_STORE: expected the database of a fleet, with fleet=on; got none')
    progress.report('looking which processes are alive')
    const before = await claims()
    await systemSleep(LOOK_MS)
    const heads = await readHeads(records)
    const nodes = describe(before, await claims()).map((one) => ({
      ...one,
      events: heads.get(one.node)?.sequence ?? 0,
    }))
    printResult(input, { nodes }, () => nodes.map(formatNode))
    return 0
  } finally {
    await records.close()
  }
}

function describe(before: readonly ClaimRow[], now: readonly ClaimRow[]) {
  const worker = now.find(({ name }) => name === JOBS)?.owner
  return nodesAmong(now.map(({ name }) => name)).flatMap((node) => {
    const claim = now.find(({ name }) => name === node)
    if (claim === undefined) return []
    const { owner, beats } = claim
    const alive = !before.some((old) => old.name === node && old.owner === owner && old.beats === beats)
    return [{ node, ...parseAbout(claim.about), alive, jobs: owner === worker }]
  })
}

type Node = ReturnType<typeof describe>[number] & { readonly events: number }

function formatNode({ node, host, pid, release, listen, alive, jobs, events }: Node): string {
  const state = alive ? 'alive' : 'silent'
  return `${node}  ${state}  ${host}  pid ${pid}  ${listen}  release ${release}  ${events} events${jobs ? '  does the common work' : ''}`
}

/** What a process of Holdfast has written about itself. */
function parseAbout(text: string): About {
  return JSON.parse(text) as About
}
