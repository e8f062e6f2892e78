import { join, resolve } from 'node:path'
import { usingGiven } from '../base/given-file.ts'
import type { Log } from '../base/log.ts'
import { systemClock, systemRandom, systemTimers } from '../base/ports.ts'
import type { Config } from '../config/settings.ts'
import { openStreamingServer, type StreamingServer } from '../http/streaming-server.ts'
import { Bodies } from '../lambda/body.ts'
import { CodeFiles } from '../lambda/code-files.ts'
import { EnvironmentKeys } from '../lambda/environment-keys.ts'
import { FunctionPolicies } from '../lambda/function-policies.ts'
import { FUNCTION, type FunctionPlace, type FunctionValue, partitionOf } from '../lambda/function-record.ts'
import { EventQueue } from '../lambda/running/event-queue.ts'
import { Invoker } from '../lambda/running/invoker.ts'
import { runtimesOf } from '../lambda/running/runtimes.ts'
import { busyLambda, handleLambda, type LambdaDependencies } from '../lambda/service.ts'
import { claimFileLock } from '../store/file-lock.ts'
import { makeFolder } from '../store/folder.ts'
import { lambdaRoles } from './lambda-roles.ts'
import { openServiceProcess, type ServiceProcess } from './service-process.ts'

/** The lock of the process that serves a folder of functions. */
const LOCK_FILE = 'lambda.lock'
/** The longest function, its start, and some time for the answer: meanwhile nothing moves on a connection. */
const STALL_TIMEOUT_MS = 960_000

/** Serves functions, with the keys and roles of a data folder. @throws Error with a message for the operator. */
export async function openLambda(config: Config, log: Log): Promise<StreamingServer> {
  await using stack = new AsyncDisposableStack()
  const service = await openServiceProcess(config, log, stack)
  const dependencies = await openDependencies(config, service, stack)
  const { host, port } = config.lambda.listen
  const server = await openStreamingServer({
    host,
    port,
    tls: service.tls,
    sharedPort: false,
    setting: 'HOLDFAST_LAMBDA_LISTEN',
    bounds: config.bounds,
    stallTimeoutMs: STALL_TIMEOUT_MS,
    handle: (request) => handleLambda(dependencies, request),
    busy: busyLambda,
  })
  stack.defer(() => server.close())
  stack.defer(() => service.readiness.stop())
  const open = stack.move()
  return { port: server.port, useTls: server.useTls, close: () => open.disposeAsync() }
}

async function openDependencies(
  config: Config,
  { deployment: { records, tokenSealer }, deciding, callKms }: ServiceProcess,
  stack: AsyncDisposableStack,
): Promise<LambdaDependencies> {
  const { log, findCredential, findPlace, journal } = deciding
  const folder = resolve(config.lambda.folder)
  await usingGiven({ name: 'HOLDFAST_LAMBDA_FOLDER', path: folder }, () => makeFolder(folder))
  const lock = claimFileLock(join(folder, LOCK_FILE))
  if (lock === undefined) throw new Error(`${folder} is served by another process`)
  stack.defer(() => lock.release())
  const find = async (place: FunctionPlace): Promise<FunctionValue | undefined> =>
    (await records.get(FUNCTION, partitionOf(place), place.name))?.value
  const keys = new EnvironmentKeys(callKms)
  const code = new CodeFiles(folder, systemRandom)
  await code.open(async (place, file) => (await find(place))?.code.file === file)
  const roles = lambdaRoles({
    records,
    sealer: tokenSealer,
    random: systemRandom,
    clock: systemClock,
    journal,
    findCredential,
    findPlace,
  })
  const runtimes = { node: process.execPath, python: config.lambda.python }
  const environmentsMax = config.lambda.environments
  const ports = { clock: systemClock, timers: systemTimers, random: systemRandom }
  const invoker = new Invoker({ ...ports, keys, roles, code, runtimes, folder, environmentsMax, log })
  await invoker.open()
  stack.defer(() => invoker.close())
  return {
    ...deciding,
    records,
    keys,
    roles,
    code,
    invoker,
    policies: new FunctionPolicies(),
    events: new EventQueue({ invoker, find, timers: systemTimers, log }),
    runtimes: runtimesOf(runtimes),
    bodies: new Bodies(systemTimers),
  }
}
