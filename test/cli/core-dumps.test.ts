/** The memory of a process that holds keys must not end up in a file. */

import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { ROOT, run } from '../support/run.ts'

/** Runs a program with the largest core file that this process may allow. */
const WITH_CORES = 'ulimit -S -c "$(ulimit -H -c)" && exec "$0" "$@"'

/** Has the process print its own limits before anything else. */
const SHOW_LIMITS =
  "--import=data:text/javascript,import{readFileSync}from'node:fs';process.stderr.write(readFileSync('/proc/self/limits'))"

test('bin/holdfast writes no core files, whatever its parent allows', {
  skip: existsSync('/proc/self/limits') ? false : 'there is no /proc',
}, async () => {
  const environment = { NODE_OPTIONS: SHOW_LIMITS }
  const { err } = await run('/bin/sh', ['-c', WITH_CORES, `${ROOT}/bin/holdfast`, 'version'], { environment })
  assert.match(err, /^Max core file size +0 +0 +bytes/m)
})
