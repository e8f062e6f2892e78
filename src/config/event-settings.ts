import { type Given, need, parseWithin, pathSetting, read, setting } from './setting.ts'

/** The endpoints of events, and the definition of recent use. */
export type EventsConfig = {
  /** Path of the JSON file with the endpoints. */
  readonly webhooksFile: string | undefined
  /** The number of days for which a use counts as recent; 0: no use is recent. */
  readonly recentUseDays: number
}

const RECENT_USE_MAX_DAYS = 3650

/** The settings of events. */
export const EVENT_SETTINGS = {
  webhooks: pathSetting({
    variable: 'HOLDFAST_WEBHOOKS',
    flag: 'webhooks',
    about: 'the webhook endpoints that receive events, a JSON file',
  }),
  recentUse: setting({
    variable: 'HOLDFAST_RECENT_USE',
    flag: 'recent-use',
    byDefault: '30',
    about:
      'days during which a key counts as recently used; disabling such a key, or scheduling its deletion, is an event',
    expected: `a whole number from 0 to ${RECENT_USE_MAX_DAYS}`,
    parse: (text) => parseWithin(text, 0, RECENT_USE_MAX_DAYS),
  }),
}

/** @throws ConfigError. */
export function parseEvents(given: Given): EventsConfig {
  return {
    webhooksFile: read(EVENT_SETTINGS.webhooks, given),
    recentUseDays: need(EVENT_SETTINGS.recentUse, given),
  }
}
