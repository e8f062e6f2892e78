import { systemRandom } from '../base/ports.ts'
import type { Config } from '../config/settings.ts'
import { HEALTHY, READY } from '../s3/gateway.ts'
import { formatS3Error, S3Error } from '../s3/s3-error.ts'
import { XKS_ERRORS, XKS_MEDIA_TYPE } from '../xks/protocol/protocol.ts'
import { SEALED_MESSAGE, type SealedDoor } from './sealed.ts'

/** How a sealed S3 gateway answers. */
export function gatewayDoor({ s3: { listen } }: Config): SealedDoor {
  return {
    place: { ...listen, setting: 'HOLDFAST_S3_LISTEN' },
    announces: false,
    answer: ({ target }, unready) => {
      const requestId = systemRandom.uuid()
      const probe = { mediaType: 'text/plain', requestId }
      if (target === HEALTHY) return { ...probe, status: 200, body: 'ok\n' }
      if (target === READY) return { ...probe, status: 503, body: `not ready: ${unready}\n` }
      const error = new S3Error('ServiceUnavailable', SEALED_MESSAGE)
      const body = formatS3Error(error, '/', requestId)
      return { status: error.status, mediaType: 'application/xml', requestId, body, code: error.code }
    },
  }
}

/** How a sealed XKS proxy answers: with the error of a proxy whose key manager does not answer, which callers try again. */
export function proxyDoor({ xksProxy: { listen } }: Config): SealedDoor {
  const code = 'DependencyTimeoutException'
  return {
    place: { ...listen, setting: 'HOLDFAST_XKS_LISTEN' },
    announces: false,
    answer: () => ({
      status: XKS_ERRORS[code],
      mediaType: XKS_MEDIA_TYPE,
      requestId: systemRandom.uuid(),
      body: JSON.stringify({ errorName: code, errorMessage: SEALED_MESSAGE }),
      code,
    }),
  }
}
