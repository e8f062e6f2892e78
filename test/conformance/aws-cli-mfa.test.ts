/** The AWS CLI against a running server: passwords and MFA devices, as people type it. */

import assert from 'node:assert/strict'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { codeOf } from '../support/mfa.ts'
import { type Ended, run } from '../support/run.ts'
import { inside } from '../support/sdk-by-name.ts'
import { startServer, type TestServer, temporaryFolder } from '../support/server.ts'
import { clientEnvironment, missingTool } from './tools.ts'

const SERIAL = 'arn:aws:iam::000000000000:mfa/phone'
const FIRST = 'First-pass-1'
const SECOND = 'Second-pass-2'
const skip = await missingTool('aws', ['--version'])

let server: TestServer
let environment: Readonly<Record<string, string>>
let folder: string

before(async () => {
  if (skip !== false) return
  server = await startServer()
  environment = await clientEnvironment(server)
  folder = await temporaryFolder()
})

after(async () => {
  if (skip !== false) return
  await server[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

type Variables = Readonly<Record<string, string>>

const aws = (line: string, as: Variables = {}): Promise<Ended> =>
  run('aws', line.split(' '), { environment: { ...environment, ...as }, folder })

async function output(line: string, as: Variables = {}): Promise<unknown> {
  const { status, out, err } = await aws(line, as)
  assert.equal(status, 0, `aws ${line}\n${err}`)
  return out === '' ? {} : JSON.parse(out)
}

const variables = (answer: unknown, member: string): Variables => ({
  AWS_ACCESS_KEY_ID: String(inside(answer, member, 'AccessKeyId')),
  AWS_SECRET_ACCESS_KEY: String(inside(answer, member, 'SecretAccessKey')),
  ...(member === 'Credentials' && { AWS_SESSION_TOKEN: String(inside(answer, member, 'SessionToken')) }),
})

test('the AWS CLI sets passwords, enables an MFA device and gets a session with it', { skip }, async () => {
  await output('iam create-user --user-name ada')
  const admin = 'arn:aws:iam::aws:policy/AdministratorAccess'
  await output(`iam attach-user-policy --user-name ada --policy-arn ${admin}`)
  const ada = variables(await output('iam create-access-key --user-name ada'), 'AccessKey')
  await output(`iam create-login-profile --user-name ada --password ${FIRST} --password-reset-required`)
  await output(`iam change-password --old-password ${FIRST} --new-password ${SECOND}`, ada)
  const profile = await output('iam get-login-profile --user-name ada')
  assert.equal(inside(profile, 'LoginProfile', 'PasswordResetRequired'), false)

  const making = 'iam create-virtual-mfa-device --virtual-mfa-device-name'
  await output(`${making} picture --bootstrap-method QRCodePNG --outfile picture.png`)
  const picture = await readFile(join(folder, 'picture.png'))
  assert.equal(picture.subarray(1, 4).toString(), 'PNG')
  const made = await output(`${making} phone --bootstrap-method Base32StringSeed --outfile seed`)
  assert.deepEqual(inside(made, 'VirtualMFADevice'), { SerialNumber: SERIAL })
  const seed = await readFile(join(folder, 'seed'), 'utf8')
  const codes = `--authentication-code1 ${codeOf(seed, -1)} --authentication-code2 ${codeOf(seed, 0)}`
  await output(`iam enable-mfa-device --user-name ada --serial-number ${SERIAL} ${codes}`)
  const devices = await output('iam list-mfa-devices', ada)
  assert.equal(inside(devices, 'MFADevices', 0, 'SerialNumber'), SERIAL)

  const getting = `sts get-session-token --serial-number ${SERIAL} --token-code ${codeOf(seed, 1)}`
  const session = variables(await output(getting, ada), 'Credentials')
  assert.match((await aws(getting, ada)).err, /\(AccessDenied\) .* invalid MFA one time pass code/)
  assert.equal(inside(await output('iam get-user', session), 'User', 'UserName'), 'ada')
})
