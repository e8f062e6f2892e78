import type { FleetNode } from '../app/audit-place.ts'
import { openDeployment } from '../app/deployment.ts'
import { readHeads } from '../audit/log/journal.ts'
import { systemSleep } from '../base/ports.ts'
import { UsageError } from '../base/usage-error.ts'
import type { CommandInput } from './command.ts'
import { requireDataFolder } from './data-folder.ts'
import { printResult } from './result.ts'

/** A process that is alive shows it more than twice in this time. */
const LOOK_MS = 2500

/** `holdfast nodes`: lists the processes of a fleet. */
export async function listNodes(input: CommandInput): Promise<number> {
  const { config, progress } = input
  requireDataFolder(config)
  const { records, auditPlace, wrappingKey } = await openDeployment(config)
  wrappingKey[Symbol.dispose]()
  try {
    if (auditPlace.nodes === undefined)
      throw new UsageError('HOLDFAST_STORE: expected the database of a fleet, with fleet=on; got none')
    progress.report('looking which processes are alive')
    const before = await auditPlace.nodes()
    await systemSleep(LOOK_MS)
    const heads = await readHeads(records)
    const nodes = (await auditPlace.nodes()).map(({ owner, beats, ...shown }) => ({
      ...shown,
      alive: !before.some((old) => old.node === shown.node && old.owner === owner && old.beats === beats),
      events: heads.get(shown.node)?.sequence ?? 0,
    }))
    printResult(input, { nodes }, () => nodes.map(formatNode))
    return 0
  } finally {
    await records.close()
  }
}

type Shown = Omit<FleetNode, 'owner' | 'beats'> & { readonly alive: boolean; readonly events: number }

function formatNode({ node, host, pid, release, listen, alive, jobs, events }: Shown): string {
  const state = alive ? 'alive' : 'silent'
  const work = jobs ? '  does the common work' : ''
  return `${node}  ${state}  ${host}  pid ${pid}  ${listen}  release ${release}  ${events} events${work}`
}
