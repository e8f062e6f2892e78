import type { Call } from '../../api/cli.ts'
import type { InputOf } from '../../api/client.ts'
import type { Pair } from '../../shared/pair-fields.tsx'
import { type KeySpec, KINDS, type Kind, type Origin, originProblem } from './kinds.ts'

/** A key that is being put together. */
export type Draft = {
  readonly kind: Kind
  readonly spec: KeySpec
  readonly origin: Origin
  /** The custom key store, and the external key in it; only for the origin EXTERNAL_KEY_STORE. */
  readonly store: string
  readonly xksKey: string
  readonly multiRegion: boolean
  /** The regions to replicate the key into. */
  readonly replicas: readonly string[]
  readonly alias: string
  readonly description: string
  readonly tags: readonly Pair[]
  /** ARNs. */
  readonly administrators: readonly string[]
  readonly administratorsDelete: boolean
  readonly users: readonly string[]
  /** Account IDs. */
  readonly accounts: readonly string[]
  /** The policy as it was edited; nothing while it follows from the rest. */
  readonly policy: string | undefined
}

/** What the wizard begins with. */
export const NEW_DRAFT: Draft = {
  kind: 'symmetric',
  spec: 'SYMMETRIC_DEFAULT',
  origin: 'AWS_KMS',
  store: '',
  xksKey: '',
  multiRegion: false,
  replicas: [],
  alias: '',
  description: '',
  tags: [],
  administrators: [],
  administratorsDelete: true,
  users: [],
  accounts: [],
  policy: undefined,
}

/** Whether an alias has the form that the API asks for; none is fine. */
export function isAlias(text: string): boolean {
  return /^[\w/-]{0,250}$/.test(text)
}

/** Whether a text is an account ID. */
export function isAccount(text: string): boolean {
  return /^[0-9]{12}$/.test(text)
}

/** A draft for another kind or key spec, with an origin that it can have. */
export function withSpec(draft: Draft, kind: Kind, spec: KeySpec): Partial<Draft> {
  const origin = originProblem(draft.origin, spec) === undefined ? draft.origin : 'AWS_KMS'
  return { kind, spec, origin }
}

/** Whether a text is the ID of an external key. Source: AWS KMS API Reference, "CreateKey". */
export function isExternalKey(text: string): boolean {
  return /^[\w.-]{1,128}$/.test(text)
}

/** Whether a replica of a key can be in a region. */
export function isReplicaRegion(text: string, region: string): boolean {
  return text !== region && /^[a-z]{2}(?:-[a-z]+)+-[0-9]$/.test(text)
}

/** The input of CreateKey. */
export function createKeyInput(draft: Draft, policy: string): InputOf<'CreateKey'> {
  const { spec, kind, origin, multiRegion } = draft
  return {
    KeySpec: spec,
    KeyUsage: KINDS[kind].usage,
    ...(origin !== 'AWS_KMS' && { Origin: origin }),
    ...(origin === 'EXTERNAL_KEY_STORE' && { CustomKeyStoreId: draft.store, XksKeyId: draft.xksKey }),
    ...(multiRegion && { MultiRegion: true }),
    ...labelsOf(draft),
    Policy: policy,
  }
}

/** The calls that follow CreateKey. */
export function laterCalls(draft: Draft, policy: string, keyId: string): readonly LaterCall[] {
  const { alias, replicas } = draft
  const replicate = (ReplicaRegion: string): LaterCall => ({
    name: 'ReplicateKey',
    input: { KeyId: keyId, ReplicaRegion, ...labelsOf(draft), Policy: policy },
  })
  return [
    ...(alias === ''
      ? []
      : [{ name: 'CreateAlias', input: { AliasName: `alias/${alias}`, TargetKeyId: keyId } } as const]),
    ...(mayReplicate(draft) ? replicas.map(replicate) : []),
  ]
}

/** Whether the wizard can replicate the key: a key that waits for its key material cannot be replicated. */
export function mayReplicate({ multiRegion, origin }: Draft): boolean {
  return multiRegion && origin === 'AWS_KMS'
}

/** A call that follows CreateKey. @public */
export type LaterCall = Extract<Call, { name: 'CreateAlias' | 'ReplicateKey' }>

function labelsOf({ description, tags }: Draft) {
  return {
    ...(description !== '' && { Description: description }),
    ...(tags.length > 0 && { Tags: tags.map(({ key, value }) => ({ TagKey: key, TagValue: value })) }),
  }
}
