import { KmsError } from '../../api/errors.ts'
import { list, optional, text, timestamp } from '../../api/shapes.ts'
import { parseBase64 } from '../../base/bytes.ts'
import { LIST_MAX_RECORDS } from '../../store/records.ts'
import { PUBLIC_KEY_ANSWER } from '../trail-answers.ts'
import { trailOperation } from '../trail-operation.ts'
import { DIGEST_KEY } from '../trail-records.ts'
import { TEXT } from '../trail-shapes.ts'

/** The stated validity of a key: digests name the key that has signed them. */
const VALID_MS = 10 * 365 * 86_400_000

/** The keys that sign the digests of a region. Source: AWS CloudTrail API Reference, "ListPublicKeys". */
export const listPublicKeys = trailOperation(
  {
    name: 'ListPublicKeys',
    readOnly: true,
    input: {
      StartTime: optional(timestamp()),
      EndTime: optional(timestamp()),
      NextToken: optional(TEXT),
    },
    output: { NextToken: text(), PublicKeyList: list(PUBLIC_KEY_ANSWER) },
  },
  async ({ call, input, dependencies }) => {
    if (input.NextToken !== undefined) throw new KmsError('InvalidTokenException', 'The token is not valid.')
    const { StartTime: from = call.now, EndTime: to = call.now } = input
    if (from > to) throw new KmsError('InvalidTimeRangeException', 'StartTime is after EndTime.')
    const page = await dependencies.records.list(DIGEST_KEY, {
      partition: call.region,
      limit: LIST_MAX_RECORDS,
    })
    const keys = page.records
      .map(({ name, value }) => ({
        Value: parseBase64(value.publicKey),
        ValidityStartTime: value.createdAt / 1000,
        ValidityEndTime: (value.createdAt + VALID_MS) / 1000,
        Fingerprint: name,
      }))
      .filter((key) => key.ValidityStartTime * 1000 <= to && key.ValidityEndTime * 1000 >= from)
    return { output: { PublicKeyList: keys } }
  },
)
