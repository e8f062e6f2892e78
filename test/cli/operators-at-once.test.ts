/** Commands of operators that meet each other, and commands that ask for what is there already. */

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { openForServing } from '../../src/app/deployment.ts'
import { asOperator, type Operator } from '../../src/app/operator.ts'
import { silentLog } from '../../src/base/log.ts'
import { parseConfig } from '../../src/config/settings.ts'
import { readEvents } from '../support/audit.ts'
import { testFolder } from '../support/test-folder.ts'

const HOME = '000000000000'
const NEW = ['111111111111', '222222222222', '333333333333', '444444444444']

/** A data folder as a server has left it, and its commands. */
async function withFolder(
  use: (run: <T>(command: (operator: Operator) => Promise<T>) => Promise<T>, data: string) => Promise<void>,
): Promise<void> {
  using folder = testFolder()
  const config = parseConfig({ flags: { data: folder.path }, environment: {} })
  const { records, wrappingKey } = await openForServing(config)
  wrappingKey[Symbol.dispose]()
  await records.close()
  await use((command) => asOperator(config, silentLog, command), folder.path)
}

test('accounts that are made while the organization is made are in it, whoever was faster', async () => {
  await withFolder(async (run, data) => {
    const organization = run((operator) => operator.organization.create(HOME))
    const made = NEW.map((id) => run((operator) => operator.createAccount(id)))
    const { root } = await organization
    assert.deepEqual(await Promise.all(made), NEW)
    const accounts = await run((operator) => operator.accounts())
    assert.deepEqual(
      accounts.map(({ id, parent }) => [id, parent]),
      [HOME, ...NEW].map((id) => [id, root]),
    )
    const credentials = await readFile(join(data, 'credentials'), 'utf8')
    for (const id of NEW) assert.match(credentials, new RegExp(`\\[.*${id}\\]`))
  })
})

test('commands that change one account at once are all done', async () => {
  await withFolder(async (run) => {
    const names = ['kms.keys', 'kms.CreateKey', 'audit.bytes']
    await Promise.all(names.map((name) => run((operator) => operator.setQuota(HOME, name, '2000'))))
    const quotas = await run((operator) => operator.quotas(HOME))
    assert.deepEqual(
      quotas.filter(({ isSet }) => isSet).map(({ name, value }) => [name, value]),
      names.toSorted().map((name) => [name, 2000]),
    )
  })
})

const DENY = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Deny', Action: 'kms:Sign', Resource: '*' }],
})

test('a command that asks for what is there already changes nothing and is not recorded', async () => {
  await withFolder(async (run, data) => {
    const twice = async (command: (operator: Operator) => Promise<unknown>) => {
      await run(command)
      await run(command)
    }
    await run((operator) => operator.createAccount(NEW[0]))
    await twice((operator) => operator.organization.create(HOME))
    const unit = await run((operator) => operator.organization.createUnit('one', undefined))
    await twice((operator) => operator.organization.renameUnit(unit, 'two'))
    await twice((operator) => operator.organization.move(NEW[0] ?? '', unit))
    await twice((operator) => operator.controls.scp.put('no-sign', DENY))
    await twice((operator) => operator.controls.scp.attach('no-sign', unit))
    await twice((operator) => operator.setQuota(HOME, 'kms.keys', '2000'))
    await twice((operator) => operator.testEvents())
    const names = (await readEvents(data)).map(({ eventName }) => eventName)
    assert.deepEqual(names.toSorted(), [
      'AttachServiceControlPolicy',
      'CreateAccount',
      'CreateOrganization',
      'CreateOrganizationalUnit',
      'MoveAccount',
      'PutServiceControlPolicy',
      'SetQuota',
      'TestEvents',
      'TestEvents',
      'UpdateOrganizationalUnit',
    ])
  })
})
