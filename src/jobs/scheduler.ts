import type { Log } from '../base/log.ts'
import type { Timers } from '../base/ports.ts'

/** A recurring task. */
export type Job = {
  readonly name: string
  readonly everyMs: number
  readonly run: () => Promise<void>
}

/** Running jobs. `stop` resolves when no run is in progress. */
export type Scheduler = { readonly stop: () => Promise<void> }

/** The dependencies of the scheduler. */
export type SchedulerDependencies = {
  readonly timers: Timers
  readonly log: Log
  /** Called for each run that has ended. */
  readonly ended?: (job: string, succeeded: boolean) => void
}

/** Runs each job immediately and then at its interval, never twice at the same time. */
export function startJobs(jobs: readonly Job[], { timers, log, ended }: SchedulerDependencies): Scheduler {
  const state = { stopped: false, running: new Set<Promise<void>>() }
  const cycle = (job: Job): void => {
    if (state.stopped) return
    const turn = runJob(job, log).then((succeeded) => {
      ended?.(job.name, succeeded)
      state.running.delete(turn)
      if (!state.stopped) timers.after(job.everyMs, () => cycle(job))
    })
    state.running.add(turn)
  }
  for (const job of jobs) cycle(job)
  return {
    stop: async () => {
      state.stopped = true
      await Promise.all(state.running)
    },
  }
}

/** Returns whether the run has succeeded. */
async function runJob(job: Job, log: Log): Promise<boolean> {
  try {
    await job.run()
    return true
  } catch (error) {
    const why = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
    log.error(`the ${job.name} job failed and will be tried again: ${why}`)
    return false
  }
}
