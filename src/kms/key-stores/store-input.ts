import { KmsError } from '../../api/errors.ts'
import { oneOf, optional, pattern, structure, text } from '../../api/shapes.ts'

/** The id of a custom key store in a request. Source: the service model. */
export const STORE_ID = text({ min: 1, max: 64 })
/** The name of a custom key store. Source: the service model. */
export const STORE_NAME = text({ min: 1, max: 256 })

/** The members for reaching a store's keys. Source: the service model. */
export const STORE_SETTINGS = {
  CloudHsmClusterId: optional(text({ min: 19, max: 24, pattern: pattern('cluster-[2-7a-zA-Z]{11,16}') })),
  KeyStorePassword: optional(text({ min: 7, max: 32, sensitive: true })),
  XksProxyUriEndpoint: optional(text({ min: 10, max: 128, pattern: pattern('^https://[a-zA-Z0-9.-]+$') })),
  XksProxyUriPath: optional(
    text({
      min: 10,
      max: 128,
      pattern: pattern('^(/[a-zA-Z0-9\\/_-]+/kms/xks/v\\d{1,2})$|^(/kms/xks/v\\d{1,2})$'),
    }),
  ),
  XksProxyVpcEndpointServiceName: optional(
    text({
      min: 20,
      max: 64,
      pattern: pattern('^(com|eu)\\.amazonaws\\.vpce\\.([a-z]+-){2,3}\\d+\\.vpce-svc-[0-9a-z]+$'),
    }),
  ),
  XksProxyVpcEndpointServiceOwner: optional(text({ min: 12, max: 12, pattern: pattern('[0-9]{12}') })),
  XksProxyAuthenticationCredential: optional(
    structure({
      AccessKeyId: text({ min: 20, max: 30, pattern: pattern('^[A-Z2-7]+$'), sensitive: true }),
      RawSecretAccessKey: text({
        min: 43,
        max: 64,
        pattern: pattern('^[a-zA-Z0-9\\/+=]+$'),
        sensitive: true,
      }),
    }),
  ),
  XksProxyConnectivity: optional(oneOf('PUBLIC_ENDPOINT', 'VPC_ENDPOINT_SERVICE')),
}

/** The error for members that do not go together. */
export function invalidInput(message: string): KmsError {
  return new KmsError('ValidationException', message)
}

/** The error for a CloudHSM cluster that the operator has not configured for the account. */
export function clusterNotFound(clusterId: string): KmsError {
  return new KmsError('CloudHsmClusterNotFoundException', `The cluster ${clusterId} does not exist.`)
}

/** The error for a VPC endpoint service: Holdfast has none. */
export function endpointServiceNotFound(name: string): KmsError {
  return new KmsError(
    'XksProxyVpcEndpointServiceNotFoundException',
    `The VPC endpoint service ${name} does not exist.`,
  )
}
