import { resolve } from 'node:path'
import { listAccounts, openDeployment } from '../app/deployment.ts'
import { readHeads } from '../audit/log/journal.ts'
import { VERSION } from '../base/version.ts'
import { probeReady } from '../client/probe.ts'
import { type CommandInput, EXIT_FAILURE } from './command.ts'
import { requireDataFolder } from './data-folder.ts'
import { findEndpoint } from './endpoint.ts'
import { printNext, printResult } from './result.ts'

/** `holdfast status`: shows whether a data folder's server is ready, and the state of its audit log. */
export async function showStatus(input: CommandInput): Promise<number> {
  const { config } = input
  requireDataFolder(config)
  const endpoint = await findEndpoint(config)
  const status = endpoint === undefined ? 'no server runs on this folder' : await probeReady(endpoint)
  const ready = status === 'ready'
  const data = resolve(config.data)
  const { records, wrappingKey } = await openDeployment(config)
  wrappingKey[Symbol.dispose]()
  try {
    const accounts = await listAccounts(records)
    const nodes = [...(await readHeads(records))].map(([node, { sequence }]) => ({ node, events: sequence }))
    const facts = { release: VERSION, endpoint: endpoint ?? null, ready, status, data, accounts, nodes }
    printResult(input, facts, () => [
      `release      ${VERSION}`,
      `endpoint     ${endpoint ?? 'none'}: ${status}`,
      `data         ${data}`,
      ...accounts.map((account) => `account      ${account}`),
      ...nodes.map(({ node, events }) => `audit log    ${node}: ${events} events`),
    ])
  } finally {
    await records.close()
  }
  if (endpoint === undefined) printNext(input, 'holdfast serve starts the server')
  else if (status.startsWith('no answer') && endpoint.startsWith('https:')) {
    printNext(input, 'to trust an authority of your own, set NODE_EXTRA_CA_CERTS to its certificate file')
  }
  return ready ? 0 : EXIT_FAILURE
}
