import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { constants, getPriority } from 'node:os'
import { test } from 'node:test'
import { promisify } from 'node:util'

const MODULE = JSON.stringify(new URL('priority.ts', import.meta.url).href)
const LOWEST = constants.priority.PRIORITY_LOW

/** The priority of a thread that has stepped back, in a process that was started so far below this one. */
async function priorityAfter(below: number, steps: number, before = ''): Promise<number> {
  const script = `${before}
    import(${MODULE}).then(({ yieldToOthers }) => yieldToOthers(${steps}))
      .then(() => process.stdout.write(String(require('node:os').getPriority())))`
  const { stdout } = await promisify(execFile)('nice', [`-n${below}`, process.execPath, '-e', script])
  return Number(stdout)
}

// A priority that is higher than that of the process is refused to all but the superuser, and would end the thread.
test('yieldToOthers steps back from the priority that the process was started with, as far as there is one', {
  skip: process.platform !== 'linux',
}, async () => {
  const own = getPriority()
  assert.equal(await priorityAfter(0, 1), Math.min(own + 1, LOWEST))
  assert.equal(await priorityAfter(5, 1), Math.min(own + 6, LOWEST))
  assert.equal(await priorityAfter(5, LOWEST), LOWEST)
})

test('yieldToOthers leaves the priority as it is where it may not be changed', {
  skip: process.platform !== 'linux',
}, async () => {
  // What a filter of system calls does, as services have them.
  const refusing = `const os = require('node:os'); os.setPriority = () => { throw new Error('EPERM') }
    require('node:module').syncBuiltinESMExports()`
  assert.equal(await priorityAfter(0, LOWEST, refusing), getPriority())
})
