/** The pool's worker thread in `offload.test.ts`. */

import { answerTasks } from '../../src/base/offload-thread.ts'

const PAGE = new Uint8Array(4096).fill(7)

answerTasks((task) => {
  if (task === 'fail') throw new RangeError('with a text that must not be passed on')
  if (task === 'die') process.exit(1)
  if (task === 'part') return PAGE.subarray(8, 16)
  if (task === 'page') return PAGE
  return [task]
})
