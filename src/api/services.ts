import {
  CLOUDTRAIL_OPERATION_NAMES,
  HOLDFAST_OPERATION_NAMES,
  IAM_OPERATION_NAMES,
  KMS_OPERATION_NAMES,
  STS_OPERATION_NAMES,
} from './operations.ts'

/** A service of Holdfast, by its name in credential scopes. */
export type ServiceName = 'kms' | 'iam' | 'sts' | 'cloudtrail' | 'holdfast'

/** Every service whose calls are decided and recorded: S3 and Lambda have listeners and protocols of their own. */
export type CalledService = ServiceName | 's3' | 'lambda'

/** The service of a call, as audit events show it. */
export type RecordedService = { readonly name: CalledService; readonly eventSource: string }

/** The protocol of a service's calls. */
type Protocol =
  | {
      readonly type: 'json'
      /** The prefixes of `X-Amz-Target`, before the name of the operation. */
      readonly targetPrefixes: readonly [string, ...string[]]
    }
  | {
      readonly type: 'query'
      /** The `Version` of the form. */
      readonly version: string
      readonly namespace: string
      /** Whether a client that accepts JSON gets it instead of XML. */
      readonly json: boolean
    }

/** The facts of a service. Source: the AWS service models, except for `holdfast`, which is Holdfast's own. */
export type Service = {
  readonly name: ServiceName
  readonly protocol: Protocol
  /** Its name in audit events. */
  readonly eventSource: string
  /** The region of its events when it has no regions; otherwise they are in the region of the call. */
  readonly eventRegion: string | undefined
  /**
   * Every operation that the service has at AWS, to distinguish operations that are not implemented from
   * misspelt names.
   */
  readonly operationNames: readonly string[]
}

/** S3 in audit events. */
export const SERVICE_S3: RecordedService = { name: 's3', eventSource: 's3.amazonaws.com' }

/** Lambda in audit events. */
export const SERVICE_LAMBDA: RecordedService = { name: 'lambda', eventSource: 'lambda.amazonaws.com' }

/** Every service, by name. */
export const SERVICES: Readonly<Record<ServiceName, Service>> = {
  kms: {
    name: 'kms',
    protocol: { type: 'json', targetPrefixes: ['TrentService.'] },
    eventSource: 'kms.amazonaws.com',
    eventRegion: undefined,
    operationNames: KMS_OPERATION_NAMES,
  },
  cloudtrail: {
    name: 'cloudtrail',
    protocol: {
      type: 'json',
      // SDKs generated from the Smithy model send the short one, boto3 and the AWS CLI the long one.
      targetPrefixes: ['com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.', 'CloudTrail_20131101.'],
    },
    eventSource: 'cloudtrail.amazonaws.com',
    eventRegion: undefined,
    operationNames: CLOUDTRAIL_OPERATION_NAMES,
  },
  holdfast: {
    name: 'holdfast',
    protocol: { type: 'json', targetPrefixes: ['Holdfast_20261101.'] },
    eventSource: 'holdfast',
    eventRegion: undefined,
    operationNames: HOLDFAST_OPERATION_NAMES,
  },
  iam: {
    name: 'iam',
    protocol: {
      type: 'query',
      version: '2010-05-08',
      namespace: 'https://iam.amazonaws.com/doc/2010-05-08/',
      json: false,
    },
    eventSource: 'iam.amazonaws.com',
    eventRegion: 'us-east-1',
    operationNames: IAM_OPERATION_NAMES,
  },
  sts: {
    name: 'sts',
    protocol: {
      type: 'query',
      version: '2011-06-15',
      namespace: 'https://sts.amazonaws.com/doc/2011-06-15/',
      json: true,
    },
    eventSource: 'sts.amazonaws.com',
    eventRegion: undefined,
    operationNames: STS_OPERATION_NAMES,
  },
}

/** The same, as a list. */
export const ALL_SERVICES: readonly Service[] = Object.values(SERVICES)
