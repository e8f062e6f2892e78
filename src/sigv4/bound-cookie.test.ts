import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sha256Hex } from '../crypto/hash.ts'
import { CONSOLE_COOKIE, findConsoleCookie, holdsCookie } from './bound-cookie.ts'

function cookies(...values: readonly string[]) {
  return { rawHeaders: values.flatMap((value) => ['Cookie', value]) }
}

test('the cookie is found among others, and not when it is there twice', () => {
  assert.equal(findConsoleCookie(cookies(`${CONSOLE_COOKIE}=a`)), 'a')
  assert.equal(findConsoleCookie(cookies(`x=1; ${CONSOLE_COOKIE}=a;y=2`)), 'a')
  assert.equal(findConsoleCookie(cookies('x=1', `${CONSOLE_COOKIE}=a`)), 'a')
  assert.equal(findConsoleCookie(cookies(`${CONSOLE_COOKIE}=a; ${CONSOLE_COOKIE}=b`)), undefined)
  assert.equal(findConsoleCookie(cookies(`${CONSOLE_COOKIE}=a`, `${CONSOLE_COOKIE}=a`)), undefined)
  assert.equal(findConsoleCookie(cookies(`x${CONSOLE_COOKIE}=a`)), undefined)
  assert.equal(findConsoleCookie(cookies()), undefined)
})

test('headers of cookies that are too many or too long are not looked at', () => {
  const cookie = `${CONSOLE_COOKIE}=a`
  assert.equal(findConsoleCookie(cookies(...Array(7).fill('x=1'), cookie)), 'a')
  assert.equal(findConsoleCookie(cookies(...Array(8).fill('x=1'), cookie)), undefined)
  const padded = (size: number) => cookie.padEnd(size, ';')
  assert.equal(findConsoleCookie(cookies(padded(8192))), 'a')
  assert.equal(findConsoleCookie(cookies(padded(8193))), undefined)
})

test('a request holds the cookie whose hash it is, and no other', () => {
  const hash = sha256Hex('a')
  assert.equal(holdsCookie(cookies(`${CONSOLE_COOKIE}=a`), hash), true)
  assert.equal(holdsCookie(cookies(`${CONSOLE_COOKIE}=b`), hash), false)
  assert.equal(holdsCookie(cookies(), hash), false)
  assert.equal(holdsCookie(cookies(`${CONSOLE_COOKIE}=a`), 'no hash'), false)
})
