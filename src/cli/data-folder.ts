import { forgottenStore, isDataFolder } from '../app/deployment.ts'
import { redactUrl } from '../base/redact-url.ts'
import { ConfigError } from '../config/setting.ts'
import type { Config } from '../config/settings.ts'

/** @throws ConfigError when there is no data folder: only `serve` creates one. */
export function requireDataFolder(config: Config): void {
  if (isDataFolder(config)) return
  throw new ConfigError(
    forgottenStore(config) ??
      `HOLDFAST_DATA: expected a data folder of Holdfast; got '${redactUrl(config.data)}'. holdfast serve creates one`,
  )
}
