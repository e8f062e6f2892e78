const ENDED = 'the second in which the call ended stands for the moment when it was made'
const DEFAULT_SHOWN = 'the event shows the default also where the call left it out'

type PartlyRecorded = {
  readonly begins: string
  readonly why: string
  /** The events concerned; absent: all. */
  readonly of?: readonly string[]
}

/** Condition keys whose values events do not contain, or only in part. */
const PARTLY_RECORDED: readonly PartlyRecorded[] = [
  { begins: 'kms:recipientattestation:', why: 'events do not show attestation documents' },
  { begins: 'aws:currenttime', why: ENDED },
  { begins: 'aws:epochtime', why: ENDED },
  { begins: 'kms:bypasspolicylockoutsafetycheck', why: DEFAULT_SHOWN, of: ['CreateKey', 'ReplicateKey'] },
  { begins: 'kms:expirationmodel', why: DEFAULT_SHOWN, of: ['ImportKeyMaterial'] },
]

/** Notes on the condition keys that a call's decision used and its event lacks. */
export function partlyRecorded(asked: Iterable<string>, eventName: string): readonly string[] {
  return [...new Set(asked)].flatMap((key) =>
    PARTLY_RECORDED.filter(
      ({ begins, of = [eventName] }) => key.toLowerCase().startsWith(begins) && of.includes(eventName),
    ).map(({ why }) => `${key}: ${why}`),
  )
}
