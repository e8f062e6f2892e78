/** A claim that a process of a fleet holds, as its row in the database says. */
export type Claim = {
  /** The log `node-0` and so on, or {@link JOBS_CLAIM}. */
  readonly name: string
  readonly owner: string
  /** Increases as long as the owner is alive. */
  readonly beats: number
  /** What the owner has written about itself: JSON. */
  readonly about: string
}

/** The claim on the work that one process does for all. */
export const JOBS_CLAIM = 'jobs'
