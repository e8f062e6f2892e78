/** A thread for work that would hold up the event loop: see `slow.ts`. */

import { answerTasks } from '../base/offload-thread.ts'
import { NICE, yieldToOthers } from '../base/priority.ts'
import { runSlow, type SlowTask } from './slow-tasks.ts'

yieldToOthers(NICE.keys)
answerTasks((task) => runSlow(parseTask(task)))

/** What comes from the process itself is what its type says. */
function parseTask(task: unknown): SlowTask {
  return task as SlowTask
}
