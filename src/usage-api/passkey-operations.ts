import { blob, integer, list, pattern, text } from '../api/shapes.ts'
import { createPasskey as newPasskey, startRegistration } from '../iam/passkeys/register-passkey.ts'
import { type Invocation, usageOperation } from './usage-operation.ts'

/** Longer than each answer of an authenticator. */
const CLIENT_DATA_MAX_BYTES = 2048
const AUTHENTICATOR_DATA_MAX_BYTES = 4096
const PUBLIC_KEY_MAX_BYTES = 1024
const NAME_MAX_CHARS = 64
/** Numbers of COSE algorithms are 32-bit integers. Source: WebAuthn Level 3, section 5.8.5. */
const ALGORITHM = { min: -2_147_483_648, max: 2_147_483_647 }

type StartInvocation = Invocation<Record<never, never>, null>

/** Begins to make a passkey of the calling user or root user: what its browser needs for it. */
export const startPasskeyRegistration = usageOperation(
  {
    ...{ name: 'StartPasskeyRegistration', input: {}, rate: 'light' },
    output: { Challenge: text(), UserHandle: text(), UserName: text(), CredentialIds: list(text()) },
    find: ({ call }) => ({ resource: call.caller.arn, subject: null }),
  },
  async ({ call, dependencies }: StartInvocation) => {
    const started = await startRegistration(dependencies, call.caller, call.now)
    const { challenge, userHandle, userName, credentialIds } = started
    return {
      output: {
        ...{ Challenge: challenge, UserHandle: userHandle },
        ...{ UserName: userName, CredentialIds: credentialIds },
      },
    }
  },
)

const CREATE_INPUT = {
  Name: text({ min: 1, max: NAME_MAX_CHARS, pattern: pattern('[\\w+=,.@-]+') }),
  ClientData: blob({ min: 1, max: CLIENT_DATA_MAX_BYTES }),
  AuthenticatorData: blob({ min: 1, max: AUTHENTICATOR_DATA_MAX_BYTES }),
  PublicKey: blob({ min: 1, max: PUBLIC_KEY_MAX_BYTES }),
  Algorithm: integer(ALGORITHM),
}

type CreateInvocation = Invocation<typeof CREATE_INPUT, null>

/** Makes a passkey of the calling user or root user from the answer of its browser. */
export const createPasskey = usageOperation(
  {
    ...{ name: 'CreatePasskey', input: CREATE_INPUT, output: { SerialNumber: text() }, rate: 'light' },
    changes: true,
    find: ({ call }) => ({ resource: call.caller.arn, subject: null }),
  },
  async ({ call, input, dependencies }: CreateInvocation) => {
    const { Name: name, ClientData: clientData, AuthenticatorData: authenticatorData } = input
    const { serial, changes } = await newPasskey(dependencies, call.caller, {
      ...{ name, clientData, authenticatorData, now: call.now },
      ...{ publicKey: input.PublicKey, algorithm: input.Algorithm },
    })
    return {
      output: { SerialNumber: serial },
      changes,
      event: { response: { serialNumber: serial } },
    }
  },
)
