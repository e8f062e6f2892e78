/** For tests: nodes of a fleet, each with a data folder of its own, over one database. */

import { copyFile, mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { PostgresServer } from './postgres-server.ts'
import { startServer, type TestServer } from './server.ts'

/** What belongs to one machine alone. */
const OWN_FILE = /^(?:endpoint|reserve|.*\.lock|.*\.db(?:-.*)?)$/

/** The address of a database for a fleet. */
export function fleetStore(server: PostgresServer, database: string, port = server.port): string {
  return `postgres://postgres@127.0.0.1:${port}/${database}?sslmode=disable&fleet=on`
}

/** Makes the data folder of another machine from that of the first one, which has started before. */
export async function copyMachine(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true, mode: 0o700 })
  for (const entry of await readdir(from, { withFileTypes: true }))
    if (entry.isFile() && !OWN_FILE.test(entry.name))
      await copyFile(join(from, entry.name), join(to, entry.name))
}

/** Starts a machine of a fleet. */
export function startMachine(
  data: string,
  store: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<TestServer> {
  return startServer({ data, environment: { HOLDFAST_STORE: store, ...environment } })
}
