import { resolve } from 'node:path'
import { listAccounts, openDeployment } from '../app/deployment.ts'
import { readHeads } from '../audit/log/journal.ts'
import { VERSION } from '../base/version.ts'
import { probeReady } from '../client/probe.ts'
import { type Command, EXIT_FAILURE } from './command.ts'
import { requireDataFolder } from './data-folder.ts'
import { findEndpoint } from './endpoint.ts'

/** `holdfast status`: whether the server of a data folder serves, and how far its audit log has come. */
export const status: Command = {
  name: 'status',
  about: 'says whether the server is ready and what its data folder holds; exit status 0 when ready',
  run: async ({ config, output }) => {
    requireDataFolder(config)
    const endpoint = await findEndpoint(config)
    const ready = endpoint === undefined ? 'no server runs on this folder' : await probeReady(endpoint)
    output.print(`release      ${VERSION}`)
    output.print(`endpoint     ${endpoint ?? 'none'}: ${ready}`)
    output.print(`data         ${resolve(config.data)}`)
    const { records, wrappingKey } = await openDeployment(config)
    wrappingKey[Symbol.dispose]()
    try {
      for (const account of await listAccounts(records)) output.print(`account      ${account}`)
      for (const [node, head] of await readHeads(records)) {
        output.print(`audit log    ${node}: ${head.sequence} events`)
      }
    } finally {
      await records.close()
    }
    return ready === 'ready' ? 0 : EXIT_FAILURE
  },
}
