import { utf8 } from '../base/bytes.ts'
import type { Caller } from './caller.ts'
import type { WireRequest } from './wire.ts'

/** A call that a service within this process makes with the permissions of its own caller, and no others. */
export type ForwardedCall = {
  /** The caller that the service has authenticated. */
  readonly caller: Caller
  /** The service, as `kms:ViaService` begins: `s3`, `ec2`. */
  readonly via: string
  readonly region: string
  /** An operation of KMS. */
  readonly operation: string
  /** Its input in the form of the JSON protocol: bytes in base64. */
  readonly input: Readonly<Record<string, unknown>>
}

/** The name of a service as a principal. */
export function servicePrincipal(via: string): string {
  return `${via}.amazonaws.com`
}

/** The value of `kms:ViaService`. Source: AWS KMS Developer Guide, "AWS KMS condition keys". */
export function viaService(via: string, region: string): string {
  return `${via}.${region}.amazonaws.com`
}

/**
 * The caller, by way of the service. Policies and grants decide about the caller as they would otherwise; what is
 * different is what conditions see, and that the audit event names the service.
 *
 * Source: CloudTrail User Guide, "userIdentity element": `invokedBy`.
 */
export function forwardedCaller({ caller, via }: ForwardedCall): Caller {
  const identity: object = JSON.parse(caller.identityJson)
  return { ...caller, via, identityJson: JSON.stringify({ ...identity, invokedBy: servicePrincipal(via) }) }
}

/** The call as a request: its audit event names the service in the place of an address and a program. */
export function forwardedRequest({ via, input }: ForwardedCall): WireRequest {
  const principal = servicePrincipal(via)
  return {
    method: 'POST',
    target: '/',
    rawHeaders: ['user-agent', principal],
    body: utf8(JSON.stringify(input)),
    connection: { address: principal, tls: undefined },
  }
}
