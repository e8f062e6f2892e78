import { always, instant, text } from '../../api/shapes.ts'
import { KEY_ID, keyOperation } from '../key-operation.ts'
import { ANY_STATE } from '../keys/key-state.ts'
import { epochSeconds } from '../keys/metadata.ts'
import { KEY_LAST_USAGE_DATA_ANSWER } from '../kms-answers.ts'

/**
 * Returns the last successful cryptographic operation with a key. Usage is tracked from a key's creation.
 * Source: AWS KMS API Reference, "GetKeyLastUsage".
 */
export const getKeyLastUsage = keyOperation(
  {
    name: 'GetKeyLastUsage',
    readOnly: true,
    aliases: false,
    crossAccount: false,
    states: ANY_STATE,
    input: { KeyId: KEY_ID },
    output: {
      KeyCreationDate: always(instant()),
      KeyId: always(text()),
      KeyLastUsage: KEY_LAST_USAGE_DATA_ANSWER,
      TrackingStartDate: always(instant()),
    },
  },
  async ({ key, dependencies }) => {
    const { last } = await dependencies.lastUsage(key.account, key.region, key.keyId)
    const createdAt = epochSeconds(key.record.value.createdAt)
    return {
      output: {
        KeyCreationDate: createdAt,
        KeyId: key.keyId,
        KeyLastUsage:
          last === undefined
            ? {}
            : {
                CloudTrailEventId: last.eventId,
                KmsRequestId: last.requestId,
                Operation: last.operation,
                Timestamp: last.second,
              },
        TrackingStartDate: createdAt,
      },
    }
  },
)
