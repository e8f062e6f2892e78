import { refusalsEvent } from '../audit/events/own-events.ts'
import { openSummaries } from '../audit/events/record-limiters.ts'
import { RefusalLimiter } from '../audit/events/refusals.ts'
import { openReadiness } from '../audit/log/readiness.ts'
import type { Log } from '../base/log.ts'
import { systemAfterThisTurn, systemClock, systemRandom, systemTimers } from '../base/ports.ts'
import type { Config } from '../config/settings.ts'
import { Custody } from '../custody/custody.ts'
import { Freshness } from '../dispatch/freshness.ts'
import { openHttpServer } from '../http/server.ts'
import { startJobs } from '../jobs/scheduler.ts'
import { wrappedKeys } from '../kms/keys/wrapped-keys.ts'
import { StoreWatch } from '../store/watch.ts'
import { ProxyAdministration } from '../xks/server/administration.ts'
import { createProxyService } from '../xks/server/proxy-service.ts'
import { type Deployment, openForServing, openNodeJournal, ownEventDependencies } from './deployment.ts'
import type { RunningNode } from './node.ts'
import { RecordedSealing, recordOpening, type ServingRoot } from './sealing.ts'
import { readTls } from './tls.ts'
import { assertWitnessed, witnessJob } from './witnessed.ts'

/** Starts an external key store proxy on a data folder. @throws Error with a message for the operator. */
export async function openProxyNode(
  config: Config,
  log: Log,
  { rootKey, opening, leave }: ServingRoot,
): Promise<Omit<RunningNode, 'metrics' | 'failed'>> {
  const tls = await readTls(config)
  await using stack = new AsyncDisposableStack()
  const watch = new StoreWatch(systemClock)
  const sealing = new RecordedSealing(config, leave)
  const deployment = await openForServing(config, { watch, rootKey, sealing })
  stack.defer(() => deployment.records.close())
  await assertWitnessed(config, deployment)
  const { records, journal, custody } = await openDependencies({ config, log, deployment }, stack)
  const limiter = new RefusalLimiter(systemClock)
  const own = ownEventDependencies(config)
  sealing.recordIn(journal)
  await recordOpening(journal, own, opening)
  const summaries = openSummaries(limiter, (summary) => refusalsEvent(own, summary), journal, log)
  stack.defer(() => summaries.close())
  const service = createProxyService({
    records,
    custody,
    journal,
    admit: (source) => limiter.admit(source),
    freshness: new Freshness(records, systemAfterThisTurn),
    clock: systemClock,
    random: systemRandom,
    log,
    account: config.account,
    prefix: config.xksProxy.prefix,
  })
  // A proxy may be the only server on its data folder.
  const jobs = startJobs([witnessJob(config, deployment)], { timers: systemTimers, log })
  stack.defer(() => jobs.stop())
  const readiness = openReadiness({ journal, records, watch, clock: systemClock, log })
  const { host, port } = config.xksProxy.listen
  const http = await openHttpServer(
    { handle: service.handle, refuse: service.refuseUnread, unready: readiness.reason },
    { host, port, tls, sharedPort: false, bounds: config.bounds, setting: 'HOLDFAST_XKS_LISTEN' },
  )
  stack.defer(() => http.close())
  stack.defer(() => readiness.stop())
  const open = stack.move()
  return { port: http.port, useTls: http.useTls, close: () => open.disposeAsync() }
}

/** Runs an operator's change to external keys and credentials on a data folder. */
export async function administerProxy<T>(
  config: Config,
  log: Log,
  use: (administration: ProxyAdministration) => Promise<T>,
): Promise<T> {
  await using stack = new AsyncDisposableStack()
  const deployment = await openForServing(config)
  stack.defer(() => deployment.records.close())
  const { records, journal, custody } = await openDependencies({ config, log, deployment }, stack)
  const { account } = config
  return await use(
    new ProxyAdministration({
      records,
      custody,
      journal,
      clock: systemClock,
      random: systemRandom,
      account,
    }),
  )
}

type Opening = { readonly config: Config; readonly log: Log; readonly deployment: Deployment }

async function openDependencies({ config, log, deployment }: Opening, stack: AsyncDisposableStack) {
  const { records, wrappingKey } = deployment
  const journal = await openNodeJournal(config, deployment, { log })
  stack.defer(() => journal.close())
  const custody = new Custody({ wrappingKey, wrappedKeys: wrappedKeys(records), random: systemRandom })
  stack.defer(() => custody[Symbol.dispose]())
  return { records, journal, custody }
}
