import { join } from 'node:path'
import { usingGiven } from '../base/given-file.ts'
import type { Log } from '../base/log.ts'
import { systemClock, systemRandom, systemTimers } from '../base/ports.ts'
import type { Config } from '../config/settings.ts'
import { openStreamingServer, type StreamingServer } from '../http/streaming-server.ts'
import { BucketPolicies } from '../s3/bucket-policies.ts'
import { Catalogue } from '../s3/catalogue.ts'
import { DataKeys } from '../s3/data-keys.ts'
import { Disposal } from '../s3/disposal.ts'
import { busyS3, type GatewayDependencies, handleS3 } from '../s3/gateway.ts'
import { Locks } from '../s3/locks.ts'
import { ObjectFiles } from '../s3/object-files.ts'
import { drainWaiting } from '../s3/recording.ts'
import { claimFileLock } from '../store/file-lock.ts'
import { makeFolder } from '../store/folder.ts'
import { openOrderedFile } from '../store/ordered-file.ts'
import type { Deployment } from './deployment.ts'
import type { ServingRoot } from './sealing.ts'
import { openServiceProcess, type ServiceProcess } from './service-process.ts'

/** The lock of the process that serves a folder of objects. */
const LOCK_FILE = 'gateway.lock'
/** The catalogue of a folder of objects. */
const CATALOGUE_FILE = 'catalogue.db'

/** Serves the buckets of a folder, with the keys of a data folder. @throws Error with a message for the operator. */
export async function openS3Gateway(config: Config, log: Log, root: ServingRoot): Promise<StreamingServer> {
  await using stack = new AsyncDisposableStack()
  const service = await openServiceProcess(config, log, stack, root)
  const dependencies = await openDependencies(config, service, stack)
  const { host, port } = config.s3.listen
  const server = await openStreamingServer({
    host,
    port,
    tls: service.tls,
    sharedPort: false,
    setting: 'HOLDFAST_S3_LISTEN',
    bounds: config.bounds,
    handle: (request) => handleS3(dependencies, request),
    busy: busyS3,
  })
  stack.defer(() => server.close())
  stack.defer(() => service.readiness.stop())
  const open = stack.move()
  return { port: server.port, useTls: server.useTls, close: () => open.disposeAsync() }
}

async function openDependencies(
  config: Config,
  { deployment: { objectSealer }, deciding, callKms }: ServiceProcess,
  stack: AsyncDisposableStack,
): Promise<GatewayDependencies> {
  const { journal, log } = deciding
  const dataKeys = new DataKeys({
    callKms,
    sealer: objectSealer,
    clock: systemClock,
    random: systemRandom,
  })
  stack.defer(() => dataKeys.clear())
  const storage = await openStorage(config, { objectSealer, log }, stack)
  await drainWaiting({ ...storage, journal })
  const policies = new BucketPolicies()
  return { ...deciding, ...storage, policies, dataKeys, timers: systemTimers, domain: config.s3.domain }
}

type Storage = Pick<GatewayDependencies, 'catalogue' | 'files' | 'disposal' | 'locks'>

/** Opens the folder of the objects, and removes what an earlier stop has left. */
async function openStorage(
  { s3 }: Config,
  { objectSealer, log }: Pick<Deployment, 'objectSealer'> & { readonly log: Log },
  stack: AsyncDisposableStack,
): Promise<Storage> {
  const { folder } = s3
  await usingGiven({ name: 'HOLDFAST_S3_FOLDER', path: folder }, () => makeFolder(folder))
  const lock = claimFileLock(join(folder, LOCK_FILE))
  if (lock === undefined) throw new Error(`${folder} is served by another process`)
  stack.defer(() => lock.release())
  const file = openOrderedFile(folder, CATALOGUE_FILE)
  stack.defer(() => file.close())
  const catalogue = new Catalogue(file, objectSealer.entries)
  const files = new ObjectFiles(folder, systemRandom)
  let named: ReadonlySet<string> | undefined
  await files.open((name) => {
    named ??= catalogue.namedFiles()
    return named.has(name)
  })
  const disposal = new Disposal(catalogue, files, log)
  stack.defer(() => disposal.close())
  disposal.dispose(catalogue.garbage())
  return { catalogue, files, disposal, locks: new Locks() }
}
