import type { EventEvidence, ReportedKey } from './facts.ts'
import { eventsOf } from './finding.ts'
import type { AccessKeySnapshot, KeySnapshot } from './snapshot.ts'

/** A change since the previous report. */
export type ReportChange = {
  readonly what: 'added' | 'removed' | 'changed'
  /** The ARN of a key, or the ID of an access key. */
  readonly resource: string
  readonly text: string
  readonly events: readonly EventEvidence[]
}

/** The snapshots that reports compare. */
type Snapshots = { readonly keys: readonly KeySnapshot[]; readonly accessKeys: readonly AccessKeySnapshot[] }

/** The differences from the previous report; `touchesOf` finds the calls on a key by its ARN. */
export function changesSince(
  before: Snapshots,
  now: Snapshots,
  touchesOf: (arn: string) => ReportedKey['touches'],
): readonly ReportChange[] {
  return [
    ...keyChanges(before.keys, now.keys, touchesOf),
    ...accessKeyChanges(before.accessKeys, now.accessKeys),
  ]
}

function keyChanges(
  before: readonly KeySnapshot[],
  now: readonly KeySnapshot[],
  touchesOf: (arn: string) => ReportedKey['touches'],
): readonly ReportChange[] {
  const then = new Map(before.map((key) => [key.arn, key]))
  const here = new Set(now.map(({ arn }) => arn))
  const removed = before.filter(({ arn }) => !here.has(arn))
  return [
    ...now.flatMap((key): readonly ReportChange[] => {
      const { arn: resource } = key
      const old = then.get(resource)
      const touches = touchesOf(resource)
      if (old !== undefined) return changesOfKey(old, key, touches)
      const events = eventsOf(touches, 'CreateKey', 'ReplicateKey')
      return [{ what: 'added', resource, text: `key added: ${key.spec}, ${key.usage}`, events }]
    }),
    ...removed.map(({ arn: resource }): ReportChange => {
      const touches = touchesOf(resource)
      const deleted = eventsOf(touches, 'DeleteKey')
      const events = [...deleted, ...eventsOf(touches, 'ScheduleKeyDeletion')]
      return { what: 'removed', resource, text: 'key deleted', events }
    }),
  ]
}

/** A compared property of a key, and the operations that change it. */
type Compared = {
  readonly name: string
  readonly of: (key: KeySnapshot) => string
  readonly operations: readonly string[]
  /** Whether the report shows the values. */
  readonly shown: boolean
}

const COMPARED: readonly Compared[] = [
  { name: 'policy', of: ({ policySha256 }) => policySha256, operations: ['PutKeyPolicy'], shown: false },
  {
    name: 'state',
    of: ({ state }) => state,
    operations: [
      ...['EnableKey', 'DisableKey', 'ScheduleKeyDeletion', 'CancelKeyDeletion'],
      ...['ImportKeyMaterial', 'DeleteImportedKeyMaterial'],
    ],
    shown: true,
  },
  {
    name: 'rotation period in days',
    of: ({ rotationDays }) => (rotationDays === null ? 'none' : String(rotationDays)),
    operations: ['EnableKeyRotation', 'DisableKeyRotation'],
    shown: true,
  },
  {
    name: 'number of materials',
    of: ({ materials }) => String(materials),
    operations: ['RotateKey', 'RotateKeyOnDemand', 'ImportKeyMaterial'],
    shown: true,
  },
  {
    name: 'aliases',
    of: ({ aliases }) => aliases.join(' ') || 'none',
    operations: ['CreateAlias', 'UpdateAlias', 'DeleteAlias'],
    shown: true,
  },
  {
    name: 'grants',
    of: ({ grants }) => grants.join(' '),
    operations: ['CreateGrant', 'RetireGrant', 'RevokeGrant'],
    shown: false,
  },
  {
    name: 'description',
    of: ({ description }) => description,
    operations: ['UpdateKeyDescription'],
    shown: false,
  },
]

function changesOfKey(
  old: KeySnapshot,
  key: KeySnapshot,
  touches: ReportedKey['touches'],
): readonly ReportChange[] {
  return COMPARED.filter(({ of }) => of(old) !== of(key)).map(({ name, of, operations, shown }) => ({
    what: 'changed',
    resource: key.arn,
    text: shown ? `${name} changed from ${of(old)} to ${of(key)}` : `${name} changed`,
    events: eventsOf(touches, ...operations),
  }))
}

function accessKeyChanges(
  before: readonly AccessKeySnapshot[],
  now: readonly AccessKeySnapshot[],
): readonly ReportChange[] {
  const then = new Map(before.map((key) => [key.id, key]))
  const here = new Set(now.map(({ id }) => id))
  const change = (what: ReportChange['what'], resource: string, text: string): ReportChange => ({
    ...{ what, resource, text },
    events: [],
  })
  return [
    ...now.flatMap(({ id, owner, active }) => {
      const old = then.get(id)
      if (old === undefined) return [change('added', id, `access key added, of ${owner}`)]
      const text = active ? 'access key activated' : 'access key deactivated'
      return old.active === active ? [] : [change('changed', id, text)]
    }),
    ...before
      .filter(({ id }) => !here.has(id))
      .map(({ id, owner }) => change('removed', id, `access key deleted, of ${owner}`)),
  ]
}
