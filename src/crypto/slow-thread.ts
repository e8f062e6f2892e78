/** The thread for work that would block the event loop: see `slow.ts`. */

import { answerTasks } from '../base/offload-thread.ts'
import { NICE, yieldToOthers } from '../base/priority.ts'
import { isOpenssl, runOpenssl } from './openssl-tasks.ts'
import type { SlowTask } from './slow.ts'

yieldToOthers(NICE.keys)
answerTasks((task) => run(parseTask(task)))

async function run(task: SlowTask): Promise<unknown> {
  if (isOpenssl(task)) return runOpenssl(task)
  // Imported on first use: the libraries take 15 MB in each thread.
  const { runNoble } = await import('./noble-tasks.ts')
  return runNoble(task)
}

/** Tasks come from this process only, so their type is trusted. */
function parseTask(task: unknown): SlowTask {
  return task as SlowTask
}
