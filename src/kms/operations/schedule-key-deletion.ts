import { integer, optional } from '../../api/shapes.ts'
import { faultText, validationError } from '../../api/validate.ts'
import { replace } from '../../store/records.ts'
import { entriesContext } from '../context.ts'
import { dueDeletion } from '../due.ts'
import { KEY_ID, keyOperation } from '../key-operation.ts'
import { NOT_PENDING_DELETION } from '../key-state.ts'
import { unusedDays } from '../last-usage.ts'
import { epochSeconds, eventDate } from '../metadata.ts'

const WINDOW_MIN_DAYS = 7
const WINDOW_MAX_DAYS = 30
const WINDOW_DEFAULT_DAYS = 30
const DAY_MS = 86_400_000

/**
 * Ends the use of a key and lets it go when the window is over.
 * Source: AWS KMS API Reference, "ScheduleKeyDeletion".
 */
export const scheduleKeyDeletion = keyOperation(
  {
    name: 'ScheduleKeyDeletion',
    readOnly: false,
    aliases: false,
    crossAccount: false,
    states: NOT_PENDING_DELETION,
    fetchContext: unusedDays,
    input: { KeyId: KEY_ID, PendingWindowInDays: optional(integer({ min: 1, max: 365 })) },
    checkInput: (input) => checkWindow(windowDays(input)),
    context: (input) =>
      entriesContext({ 'kms:schedulekeydeletionpendingwindowindays': String(windowDays(input)) }),
    parameters: (input) => ({ ...input, PendingWindowInDays: windowDays(input) }),
  },
  ({ call, input, key, parts }) => {
    const days = windowDays(input)
    const at = call.now + days * DAY_MS
    const value = {
      ...key.record.value,
      state: 'PendingDeletion' as const,
      deletion: { at, windowDays: days },
    }
    const { account, region, keyId } = key
    const due = dueDeletion(parts.random.uuid(), { account, region, keyId, at })
    return {
      output: {
        KeyId: key.arn,
        DeletionDate: epochSeconds(at),
        KeyState: value.state,
        PendingWindowInDays: days,
      },
      changes: [replace(key.record, value), due],
      event: {
        response: {
          keyId: key.arn,
          keyState: value.state,
          deletionDate: eventDate(at),
          pendingWindowInDays: days,
        },
      },
    }
  },
)

function windowDays(input: { readonly PendingWindowInDays?: number | undefined }): number {
  return input.PendingWindowInDays ?? WINDOW_DEFAULT_DAYS
}

function checkWindow(days: number): void {
  if (days >= WINDOW_MIN_DAYS && days <= WINDOW_MAX_DAYS) return
  const constraint =
    days < WINDOW_MIN_DAYS
      ? `Member must have value greater than or equal to ${WINDOW_MIN_DAYS}`
      : `Member must have value less than or equal to ${WINDOW_MAX_DAYS}`
  throw validationError([faultText('pendingWindowInDays', constraint, String(days))])
}
