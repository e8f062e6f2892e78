import { fileURLToPath } from 'node:url'
import type { OwnEventDependencies } from '../audit/events/own-events.ts'
import type { RecordLimiters } from '../audit/events/record-limiters.ts'
import type { FormattedEvent } from '../audit/events/service-event.ts'
import type { Journal } from '../audit/log/journal.ts'
import type { Log } from '../base/log.ts'
import { fetchJson, postForm } from '../client/fetch-json.ts'
import type { Config } from '../config/settings.ts'
import { readConsoleFiles } from '../console-server/console-files.ts'
import { signInRoutes } from '../console-server/console-sign-in.ts'
import { consoleSite, type SignInRoutes } from '../console-server/console-site.ts'
import { OidcClient } from '../console-server/oidc/oidc-client.ts'
import { oidcRoutes } from '../console-server/oidc/oidc-step.ts'
import type { SignInDependencies } from '../console-server/sign-in-steps.ts'
import type { Dispatcher } from '../dispatch/dispatcher.ts'
import type { Site } from '../http/site.ts'
import type { IamService } from '../iam/iam-service.ts'
import type { Change } from '../store/records.ts'
import type { Deployment } from './deployment.ts'
import type { GivenFiles } from './given-files.ts'

/** The folder of the built console. */
const BUILT_FOLDER = fileURLToPath(new URL('../../console/dist', import.meta.url))

/** The dependencies of the console. */
export type ConsoleDependencies = {
  readonly deployment: Pick<Deployment, 'records' | 'tokenSealer' | 'signInSealer'>
  readonly iam: IamService
  readonly dispatcher: Pick<Dispatcher, 'handle'>
  readonly journal: Journal
  readonly limiters: Pick<RecordLimiters, 'refused'>
  readonly own: OwnEventDependencies
  readonly log: Log
  readonly given: Pick<GivenFiles, 'signIn'>
}

/** Opens the web console; returns nothing when it is off. */
export async function openConsole(
  config: Config,
  dependencies: ConsoleDependencies,
): Promise<Site | undefined> {
  if (config.console === 'off') return undefined
  const { deployment, journal, limiters, own, log, iam } = dependencies
  const { records, tokenSealer: sealer } = deployment
  const files = await readConsoleFiles(BUILT_FOLDER)
  if (files === undefined)
    log.warn('the web console was not built: its pages are unavailable until npm run build:console', {
      folder: BUILT_FOLDER,
    })
  const base = {
    ...own,
    ...{ ...iam, records, sealer, signInSealer: deployment.signInSealer, region: config.region },
    commit: (changes: readonly Change[], events: readonly FormattedEvent[]) =>
      journal.commit(changes, events),
    append: (eventJson: string) => journal.append(eventJson),
    admitRefusal: (address: string) => limiters.refused.admit(address),
  } satisfies SignInDependencies
  const routes = { ...signInRoutes(base), ...openOidcRoutes(dependencies, base) }
  return consoleSite({ files, routes })
}

function openOidcRoutes(
  { given, dispatcher, log, iam }: ConsoleDependencies,
  base: SignInDependencies,
): SignInRoutes {
  const client = new OidcClient({ clock: base.clock, log, fetchJson, postForm })
  const { consoleUrl = '', providers = [] } = given.signIn ?? {}
  const oidc = { consoleUrl, providers, client }
  return oidcRoutes({ ...base, ...iam, ...dispatcher, oidc })
}
