import {
  CLOUDTRAIL_OPERATION_NAMES,
  HOLDFAST_OPERATION_NAMES,
  IAM_OPERATION_NAMES,
  KMS_OPERATION_NAMES,
  STS_OPERATION_NAMES,
} from './operations.ts'

/** A service that Holdfast speaks, by its name in credential scopes. */
export type ServiceName = 'kms' | 'iam' | 'sts' | 'cloudtrail' | 'holdfast'

/** How a service's calls look on the wire. */
type Protocol =
  | {
      readonly type: 'json'
      /** What `X-Amz-Target` may begin with, up to the name of the operation. */
      readonly targetPrefixes: readonly [string, ...string[]]
    }
  | {
      readonly type: 'query'
      /** The `Version` of the form. */
      readonly version: string
      readonly namespace: string
      /** Whether a client that accepts JSON gets it, and not XML. */
      readonly json: boolean
    }

/** What is true of a service whatever the call. Source: the AWS service models, but for `holdfast`, which is ours. */
export type Service = {
  readonly name: ServiceName
  readonly protocol: Protocol
  /** Its name in audit events. */
  readonly eventSource: string
  /** Where its events are placed when it has no regions; otherwise in the region of the call. */
  readonly eventRegion: string | undefined
  /** Every operation that the service has, at AWS: those that are not implemented are told apart from typing errors. */
  readonly operationNames: readonly string[]
}

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
      // SDKs that are made from the Smithy model send the short one, boto3 and the AWS CLI the long one.
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
