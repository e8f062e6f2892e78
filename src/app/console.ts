import { fileURLToPath } from 'node:url'
import type { OwnEventDependencies } from '../audit/events/own-events.ts'
import type { RecordLimiters } from '../audit/events/record-limiters.ts'
import type { Journal } from '../audit/log/journal.ts'
import type { Log } from '../base/log.ts'
import type { Config } from '../config/settings.ts'
import { readConsoleFiles } from '../console-server/console-files.ts'
import { signInRoutes } from '../console-server/console-sign-in.ts'
import { consoleSite } from '../console-server/console-site.ts'
import type { TokenSealer } from '../custody/token-sealer.ts'
import type { Site } from '../http/site.ts'
import type { IamService } from '../iam/iam-service.ts'
import type { Records } from '../store/records.ts'

/** The folder of the built console. */
const BUILT_FOLDER = fileURLToPath(new URL('../../console/dist', import.meta.url))

/** The dependencies of the console. */
export type ConsoleDependencies = Pick<IamService, 'signInByPassword'> & {
  readonly records: Records
  readonly sealer: TokenSealer
  readonly journal: Journal
  readonly limiters: Pick<RecordLimiters, 'refused'>
  readonly own: OwnEventDependencies
  readonly log: Log
}

/** Opens the web console; returns nothing when it is off. */
export async function openConsole(
  config: Config,
  { records, sealer, journal, limiters, own, log, signInByPassword }: ConsoleDependencies,
): Promise<Site | undefined> {
  if (config.console === 'off') return undefined
  const files = await readConsoleFiles(BUILT_FOLDER)
  if (files === undefined)
    log.warn('the web console was not built: its pages are unavailable until npm run build:console', {
      folder: BUILT_FOLDER,
    })
  const routes = signInRoutes({
    ...own,
    ...{ records, sealer, region: config.region, signInByPassword },
    commit: (changes, events) => journal.commit(changes, events),
    append: (eventJson) => journal.append(eventJson),
    admitRefusal: (address) => limiters.refused.admit(address),
  })
  return consoleSite({ files, routes })
}
