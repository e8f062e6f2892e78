/** The thread of the pool in `offload.test.ts`. */

import { answerTasks } from './offload-thread.ts'

answerTasks((task) => {
  if (task === 'fail') throw new RangeError('with a text that must not be passed on')
  if (task === 'die') process.exit(1)
  return [task]
})
