import { adoptLog, adoptOutboxes, type JournalDependencies } from '../audit/log/journal.ts'
import { nodesAmong } from '../audit/log/slot.ts'
import type { Job } from '../jobs/scheduler.ts'
import type { AuditPlace } from './audit-place.ts'

/** How often the server looks for logs whose processes have ended. */
const ADOPTION_INTERVAL_MS = 5000
/** How often one process of a fleet looks for events that wait in the outbox of a log that nobody has. */
const OUTBOX_INTERVAL_MS = 60_000

type Place = Pick<AuditPlace, 'ended' | 'leads' | 'database'>

/** Completes the logs of processes that have ended on any machine of a fleet. */
export function adoptionJob({ ended }: Place, dependencies: JournalDependencies): Job {
  // Given back unfinished, such a log has no owner, whose silence would show it again.
  const unfinished = new Set<string>()
  const run = async (): Promise<void> => {
    const failures: unknown[] = []
    for (const node of nodesAmong([...ended(), ...unfinished])) {
      unfinished.add(node)
      try {
        const isAdopted = await adoptLog(dependencies, node)
        unfinished.delete(node)
        if (isAdopted) dependencies.log.warn('the log of a process that has ended was completed', { node })
      } catch (error) {
        // A log that is damaged must not keep the others from being completed.
        failures.push(error)
      }
    }
    if (failures.length > 0) throw failures[0]
  }
  return { name: 'logs of ended processes', everyMs: ADOPTION_INTERVAL_MS, run }
}

/**
 * Appends events that wait although nobody has their log: a process may have stopped before it could append them, or its
 * last commit may have come after another process had completed its log. On one machine, the next start does it.
 */
export function outboxJob({ leads, database }: Place, dependencies: JournalDependencies, own: string): Job {
  const run = async (): Promise<void> => {
    if (database !== undefined && leads()) await adoptOutboxes(dependencies, own)
  }
  return { name: 'outboxes of ended processes', everyMs: OUTBOX_INTERVAL_MS, run }
}
