import { KmsError } from '../../api/errors.ts'
import { integer, optional } from '../../api/shapes.ts'
import { isoSeconds } from '../../base/ports.ts'
import { newSessionKey } from '../entities/ids.ts'
import { sessionOf } from '../sessions/session-credentials.ts'
import { sealClaims } from '../sessions/session-token.ts'
import { verifyMfa } from './mfa.ts'
import { CREDENTIALS_ANSWER } from './sts-answers.ts'
import { NO_CHECK, stsOperation } from './sts-operation.ts'
import { SERIAL_NUMBER, TOKEN_CODE } from './sts-shapes.ts'

const SECONDS_BY_DEFAULT = 43_200
const ROOT_MAX_SECONDS = 3600

/** Temporary credentials of the calling user, or root user. Source: STS API Reference, "GetSessionToken". */
export const getSessionToken = stsOperation(
  {
    name: 'GetSessionToken',
    readOnly: true,
    input: {
      DurationSeconds: optional(integer({ min: 900, max: 129_600 })),
      SerialNumber: SERIAL_NUMBER,
      TokenCode: TOKEN_CODE,
    },
    output: { Credentials: CREDENTIALS_ANSWER },
  },
  async ({ call, input, dependencies }) => {
    const { caller, now } = call
    const { principal, account, accessKeyId: issuerKeyId } = caller
    if (sessionOf(caller) !== undefined) {
      throw new KmsError('AccessDeniedException', 'Cannot call GetSessionToken with session credentials')
    }
    const mfa = await verifyMfa(call, input, dependencies)
    const userId = principal.type === 'User' ? principal.id : undefined
    const wanted = input.DurationSeconds ?? SECONDS_BY_DEFAULT
    const seconds = principal.type === 'Root' ? Math.min(wanted, ROOT_MAX_SECONDS) : wanted
    const expiresAt = now + seconds * 1000
    return {
      permissions: [],
      check: NO_CHECK,
      run: () => {
        const key = newSessionKey(dependencies.random, account)
        const token = sealClaims(dependencies.sealer, {
          version: mfa === undefined ? 1 : 3,
          type: 'own',
          account,
          ...key,
          issuedAt: now,
          expiresAt,
          userId,
          issuerKeyId,
          ...(mfa && { mfaAt: now }),
        })
        return {
          output: {
            Credentials: {
              AccessKeyId: key.accessKeyId,
              SecretAccessKey: key.secretAccessKey,
              SessionToken: token,
              Expiration: new Date(expiresAt),
            },
          },
          changes: mfa?.changes ?? [],
          event: {
            response: { credentials: { accessKeyId: key.accessKeyId, expiration: isoSeconds(expiresAt) } },
          },
        }
      },
    }
  },
)
