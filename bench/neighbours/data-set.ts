import { constants, cpSync, existsSync, mkdirSync, renameSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { callRaw, newKey } from '../../test/support/calls.ts'
import { REGION } from '../../test/support/kms.ts'
import { startServer, type TestServer } from '../../test/support/server.ts'
import { type Crowd, fillFolder } from './crowd.ts'

/** A data folder with a crowded account. */
export type DataSet = { readonly folder: string; readonly crowdedKey: string }

/** Limits GetUsage to recent hours, which few index counts cover. */
const LAST_HOURS_SECONDS = 7200
const INDEX_POLL_MS = 2000
/** The lowest indexing rate in the time limit, which also includes one minute. */
const INDEX_EVENTS_PER_SECOND = 1000
const INDEX_MORE_MS = 60_000

/**
 * Creates the data set in an empty folder, or copies it from the folder that keeps it.
 * @param kept a folder that keeps data sets for later runs, one for each size.
 */
export async function makeDataSet(
  folder: string,
  crowd: Crowd,
  kept: string | undefined,
  progress: (text: string) => void,
): Promise<DataSet> {
  const name = `crowd-2-${crowd.keys}-${crowd.principals}-${crowd.grants}-${crowd.events}`
  const place = kept === undefined ? undefined : `${kept}/${name}`
  if (place === undefined || !existsSync(place)) {
    progress(`filling: ${crowd.keys} keys, ${crowd.principals} users and roles, ${crowd.events} events`)
    const made = place === undefined ? folder : `${place}-new`
    mkdirSync(made, { recursive: true, mode: 0o700 })
    await fill(made, crowd)
    if (place === undefined) return { folder, crowdedKey: await crowdedKeyOf(folder) }
    renameSync(made, place)
  }
  cpSync(place, folder, { recursive: true, mode: constants.COPYFILE_FICLONE })
  return { folder, crowdedKey: await crowdedKeyOf(folder) }
}

async function fill(folder: string, crowd: Crowd): Promise<void> {
  const keyId = await withServer(folder, async (server) => {
    const id = await newKey(server)
    await callRaw(server, 'TrentService.CreateAlias', JSON.stringify({ AliasName: CROWDED, TargetKeyId: id }))
    return id
  })
  await fillFolder({ dataFolder: folder, region: REGION, keyId }, crowd)
  await withServer(folder, (server) => untilIndexed(server, crowd.events))
}

const CROWDED = 'alias/crowded'

async function crowdedKeyOf(folder: string): Promise<string> {
  return withServer(folder, async (server) => {
    const { json } = await callRaw(server, 'TrentService.DescribeKey', JSON.stringify({ KeyId: CROWDED }))
    return parseKeyId(json['KeyMetadata'])
  })
}

/** Waits until the index has read the whole log. */
async function untilIndexed(server: TestServer, events: number): Promise<void> {
  const deadline = performance.now() + INDEX_MORE_MS + (events / INDEX_EVENTS_PER_SECOND) * 1000
  for (;;) {
    const body = JSON.stringify({ StartTime: Date.now() / 1000 - LAST_HOURS_SECONDS })
    const answer = await callRaw(server, 'Holdfast_20261101.GetUsage', body, { service: 'holdfast' })
    if (answer.json['Current'] === true) return
    if (performance.now() > deadline) throw new Error(`the index is incomplete: ${answer.text.slice(0, 300)}`)
    await delay(INDEX_POLL_MS)
  }
}

async function withServer<T>(folder: string, use: (server: TestServer) => Promise<T>): Promise<T> {
  const server = await startServer({ data: folder })
  try {
    return await use(server)
  } finally {
    await server.stop()
  }
}

function parseKeyId(metadata: unknown): string {
  return String((metadata as { readonly KeyId?: string }).KeyId)
}
