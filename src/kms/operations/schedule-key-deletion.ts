import { always, instant, integer, oneOf, optional, text } from '../../api/shapes.ts'
import { faultText, validationError } from '../../api/validate.ts'
import { eventDate } from '../../dispatch/event-date.ts'
import { replace } from '../../store/records.ts'
import { KEY_ID, keyOperation } from '../key-operation.ts'
import { entriesContext } from '../keys/key-context.ts'
import { KEY_STATES } from '../keys/key-record.ts'
import { NOT_PENDING_DELETION } from '../keys/key-state.ts'
import { unusedDays } from '../keys/last-usage.ts'
import { epochSeconds } from '../keys/metadata.ts'
import { scheduled } from '../lifecycle/deletion.ts'
import { dueNote } from '../lifecycle/due.ts'

const WINDOW_MIN_DAYS = 7
const WINDOW_MAX_DAYS = 30
const WINDOW_DEFAULT_DAYS = 30

/**
 * Schedules the deletion of a key, which is unusable at once and deleted after the waiting period.
 * Source: AWS KMS API Reference, "ScheduleKeyDeletion".
 */
export const scheduleKeyDeletion = keyOperation(
  {
    name: 'ScheduleKeyDeletion',
    readOnly: false,
    aliases: false,
    crossAccount: false,
    states: NOT_PENDING_DELETION.filter((state) => state !== 'Updating'),
    fetchContext: unusedDays,
    input: { KeyId: KEY_ID, PendingWindowInDays: optional(integer({ min: 1, max: 365 })) },
    output: {
      DeletionDate: instant(),
      KeyId: always(text()),
      KeyState: always(oneOf(...KEY_STATES)),
      PendingWindowInDays: always(integer()),
    },
    checkInput: (input) => checkWindow(windowDays(input)),
    context: (input) =>
      entriesContext({ 'kms:schedulekeydeletionpendingwindowindays': String(windowDays(input)) }),
    parameters: (input) => ({ ...input, PendingWindowInDays: windowDays(input) }),
  },
  ({ call, input, key, dependencies }) => {
    const days = windowDays(input)
    const { state, deletion } = scheduled(key, call.now, days)
    const { account, region, keyId } = key
    const note = { what: 'DeleteKey' as const, account, region, keyId }
    const { at } = deletion
    const notes = at === undefined ? [] : [dueNote(dependencies.random.uuid(), { ...note, at })]
    return {
      output: {
        KeyId: key.arn,
        DeletionDate: at && epochSeconds(at),
        KeyState: state,
        PendingWindowInDays: days,
      },
      changes: [replace(key.record, { ...key.record.value, state, deletion }), ...notes],
      event: {
        response: {
          keyId: key.arn,
          keyState: state,
          deletionDate: at && eventDate(at),
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
