const ENDED = 'the second in which the call ended stands for the moment when it was made'
const DEFAULT_SHOWN = 'the event shows the default also where the call left it out'

type PartlyRecorded = {
  readonly begins: string
  readonly why: string
  /** Only in events of these; in all when left out. */
  readonly of?: readonly string[]
}

/** Condition keys whose values events do not hold, or hold only in part. */
const PARTLY_RECORDED: readonly PartlyRecorded[] = [
  { begins: 'kms:recipientattestation:', why: 'events do not show attestation documents' },
  { begins: 'aws:currenttime', why: ENDED },
  { begins: 'aws:epochtime', why: ENDED },
  { begins: 'kms:bypasspolicylockoutsafetycheck', why: DEFAULT_SHOWN, of: ['CreateKey', 'ReplicateKey'] },
  { begins: 'kms:expirationmodel', why: DEFAULT_SHOWN, of: ['ImportKeyMaterial'] },
]

/** What is to be said of the condition keys, in lower case, that were asked for about a call of an operation. */
export function partlyRecorded(asked: Iterable<string>, eventName: string): readonly string[] {
  return [...new Set(asked)].flatMap((key) =>
    PARTLY_RECORDED.filter(
      ({ begins, of = [eventName] }) => key.startsWith(begins) && of.includes(eventName),
    ).map(({ why }) => `${key}: ${why}`),
  )
}
