import { integer, optional } from '../../api/shapes.ts'
import { KEY_ID, keyOperation } from '../key-operation.ts'
import { entriesContext } from '../keys/key-context.ts'
import { ROTATABLE } from '../keys/key-state.ts'
import { automaticRotation, checkMayRotate, setRotation } from '../lifecycle/rotation.ts'

const PERIOD_DEFAULT_DAYS = 365

/** Enables the automatic rotation of a key. Source: AWS KMS API Reference, "EnableKeyRotation". */
export const enableKeyRotation = keyOperation(
  {
    name: 'EnableKeyRotation',
    readOnly: false,
    aliases: false,
    crossAccount: false,
    states: ROTATABLE,
    input: { KeyId: KEY_ID, RotationPeriodInDays: optional(integer({ min: 90, max: 2560 })) },
    context: (input) => entriesContext({ 'kms:rotationperiodindays': String(periodDays(input)) }),
    checkKey: (_, key) => checkMayRotate(key, ['AWS_KMS']),
    parameters: (input) => ({ ...input, RotationPeriodInDays: periodDays(input) }),
  },
  async ({ call, input, key, dependencies }) => ({
    changes: await setRotation(dependencies, key, automaticRotation(call.now, periodDays(input))),
    event: { response: { keyId: key.arn } },
  }),
)

function periodDays(input: { readonly RotationPeriodInDays?: number | undefined }): number {
  return input.RotationPeriodInDays ?? PERIOD_DEFAULT_DAYS
}
