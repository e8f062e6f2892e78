import { type Given, parseWithin, read, setting } from './setting.ts'

/** How much of the audit log stays uncompressed; without a setting, all of it. */
export type ArchiveConfig = { readonly ageMs: number | undefined; readonly sizeBytes: number | undefined }

const DAY_MS = 86_400_000
const MIB_BYTES = 1_048_576
/** A century: longer than any retention. */
const DAYS_MAX = 36_500
const MIB_MAX = 2 ** 31

/** The settings of archiving the audit log. */
export const ARCHIVE_SETTINGS = {
  auditLiveDays: setting({
    variable: 'HOLDFAST_AUDIT_LIVE_DAYS',
    flag: 'audit-live-days',
    byDefault: undefined,
    about: 'days after which closed segments of the audit log are compressed into archives',
    expected: `a whole number from 1 to ${DAYS_MAX}`,
    parse: (text) => parseWithin(text, 1, DAYS_MAX),
  }),
  auditLiveMib: setting({
    variable: 'HOLDFAST_AUDIT_LIVE_MIB',
    flag: 'audit-live-mib',
    byDefault: undefined,
    about:
      "MiB of a node's audit log that stay uncompressed; older closed segments are compressed into archives",
    expected: `a whole number from 1 to ${MIB_MAX}`,
    parse: (text) => parseWithin(text, 1, MIB_MAX),
  }),
}

/** @throws ConfigError. */
export function parseArchive(given: Given): ArchiveConfig {
  const days = read(ARCHIVE_SETTINGS.auditLiveDays, given)
  const mib = read(ARCHIVE_SETTINGS.auditLiveMib, given)
  return {
    ageMs: days === undefined ? undefined : days * DAY_MS,
    sizeBytes: mib === undefined ? undefined : mib * MIB_BYTES,
  }
}
