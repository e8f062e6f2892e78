/** A document that is refused. The message completes "the attestation document is refused:". */
export class Refused extends Error {
  override readonly name = 'Refused'
}

/** Refuses the document unless something holds. @throws Refused. */
export function refuseUnless(condition: boolean, why: string): asserts condition {
  if (!condition) throw new Refused(why)
}
