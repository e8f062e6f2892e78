import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { homeOf } from './home.ts'

test('the home folder is that of HOME, else that of the user', () => {
  assert.equal(homeOf({ HOME: '/home/ada' }), '/home/ada')
  assert.match(homeOf({}), /^\//)
})

const skip = process.getuid?.() === 0 ? false : 'only root can become another user'

test('a user that the system does not know has the root folder', { skip }, () => {
  const program = `import { homeOf } from '${new URL('./home.ts', import.meta.url).href}'\nprocess.stdout.write(homeOf({}))`
  // The child process becomes the user once it has read the sources.
  const late = `${program.split('\n')[0]}\nprocess.setuid(3_999_999)\ndelete process.env.HOME\n${program.split('\n')[1]}`
  const output = execFileSync(process.execPath, ['--input-type=module', '--eval', late], { encoding: 'utf8' })
  assert.equal(output, '/')
})
