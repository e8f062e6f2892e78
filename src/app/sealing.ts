import { type OwnEventDependencies, openRootKeyEvent, operatorEvent } from '../audit/events/own-events.ts'
import type { Journal } from '../audit/log/journal.ts'
import { systemRandom } from '../base/ports.ts'
import type { Secret } from '../base/secret.ts'
import type { Config } from '../config/settings.ts'
import type { Sealing } from './control.ts'
import { ownEventDependencies } from './deployment.ts'
import type { OpenedRoot } from './root-key.ts'

/** The root key of a process that serves, and how it ends with it. */
export type ServingRoot = {
  /** The caller clears it. */
  readonly rootKey: Secret
  /** How the root key was opened, for the audit log; nothing when another process records it. */
  readonly opening: Pick<OpenedRoot, 'path' | 'failures' | 'sealedAt'> | undefined
  /** Ends the process and its memory when an operator seals the deployment. */
  readonly leave: () => void
}

/**
 * Records which unlock path opened the root key and why those before it did not. The path `file`, which every
 * deployment begins with, opens without an event, except after a seal.
 */
export async function recordOpening(
  journal: Journal,
  own: OwnEventDependencies,
  opening: ServingRoot['opening'],
): Promise<void> {
  const { path, failures = [], sealedAt } = opening ?? {}
  if (path === undefined || (path.type === 'file' && failures.length === 0 && sealedAt === undefined)) return
  const { name, type } = path
  await journal.append(openRootKeyEvent(own, { path: name, type, failures, sealedAt }))
}

/** How a process with an audit log seals itself: it records it there first. */
export class RecordedSealing implements Sealing {
  readonly leave: () => void
  readonly #config: Config
  #journal: Journal | undefined
  #recorded: Promise<boolean> | undefined

  constructor(config: Config, leave: () => void) {
    this.#config = config
    this.leave = leave
  }

  /** Says where to record it. A process that is told before has recorded nothing yet, and leaves without a record. */
  recordIn(journal: Journal): void {
    this.#journal = journal
  }

  /** Records it once. */
  record(): Promise<boolean> {
    this.#recorded ??= this.#record()
    return this.#recorded
  }

  async #record(): Promise<boolean> {
    if (this.#journal === undefined) return false
    const id = systemRandom.uuid()
    const json = operatorEvent(ownEventDependencies(this.#config), id, 'SealDeployment', {
      process: process.pid,
      node: this.#journal.node,
    })
    await this.#journal.append(json)
    return true
  }
}
