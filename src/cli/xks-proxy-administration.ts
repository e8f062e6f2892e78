import { administerProxy } from '../app/xks-proxy.ts'
import type { Config } from '../config/settings.ts'
import type { Command } from './command.ts'
import { openLog } from './log.ts'

type Administration = Parameters<Parameters<typeof administerProxy>[2]>[0]

/** A command that changes or lists something, and prints the lines that it gives. */
function administration(
  facts: Pick<Command, 'name' | 'operands' | 'about'>,
  run: (administration: Administration, operand: string) => Promise<readonly string[]>,
): Command {
  return {
    ...facts,
    run: async ({ config, operands: [operand = ''], output }) => {
      const lines = await open(config, (opened) => run(opened, operand))
      for (const line of lines) output.print(line)
      return 0
    },
  }
}

function open<T>(config: Config, use: (administration: Administration) => Promise<T>): Promise<T> {
  return administerProxy(config, openLog(), use)
}

const DATE_LENGTH = '2026-11-25T04:05:06Z'.length

function when(at: number): string {
  return `${new Date(at).toISOString().slice(0, DATE_LENGTH - 1)}Z`
}

/** The commands for the keys and the credentials of `holdfast xks-proxy`. */
export const XKS_PROXY_ADMINISTRATION: readonly Command[] = [
  administration(
    { name: 'xks-proxy key create', operands: ['ID'], about: 'makes an external key, enabled' },
    async (proxy, id) => {
      await proxy.createKey(id)
      return [`made the external key ${id}`]
    },
  ),
  administration(
    { name: 'xks-proxy key enable', operands: ['ID'], about: 'lets an external key be used again' },
    async (proxy, id) => {
      await proxy.setKeyStatus(id, 'ENABLED')
      return [`enabled the external key ${id}`]
    },
  ),
  administration(
    { name: 'xks-proxy key disable', operands: ['ID'], about: 'ends the use of an external key, at once' },
    async (proxy, id) => {
      await proxy.setKeyStatus(id, 'DISABLED')
      return [`disabled the external key ${id}`]
    },
  ),
  administration({ name: 'xks-proxy key list', about: 'lists the external keys' }, async (proxy) =>
    (await proxy.listKeys()).map(({ name, value }) => `${value.status} ${when(value.createdAt)} ${name}`),
  ),
  administration(
    {
      name: 'xks-proxy credential create',
      about: 'makes what a custom key store signs with, and prints it once',
    },
    async (proxy) => {
      const { accessKeyId, secretAccessKey } = await proxy.createCredential()
      return [`AccessKeyId        ${accessKeyId}`, `RawSecretAccessKey ${secretAccessKey}`]
    },
  ),
  administration({ name: 'xks-proxy credential list', about: 'lists the access key ids' }, async (proxy) =>
    (await proxy.listCredentials()).map(({ accessKeyId, createdAt }) => `${when(createdAt)} ${accessKeyId}`),
  ),
  administration(
    {
      name: 'xks-proxy credential delete',
      operands: ['ACCESS_KEY_ID'],
      about: 'ends the use of a credential, at once',
    },
    async (proxy, accessKeyId) => {
      await proxy.deleteCredential(accessKeyId)
      return [`deleted the credential ${accessKeyId}`]
    },
  ),
]
