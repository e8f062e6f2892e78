import { administerProxy } from '../app/xks-proxy.ts'
import type { CommandInput } from './command.ts'
import { openLog } from './log.ts'
import { printNext, printResult } from './result.ts'

type Administration = Parameters<Parameters<typeof administerProxy>[2]>[0]

function administer<T>({ config }: CommandInput, act: (proxy: Administration) => Promise<T>): Promise<T> {
  return administerProxy(config, openLog(), act)
}

const DATE_LENGTH = '2026-11-25T04:05:06Z'.length

function when(at: number): string {
  return `${new Date(at).toISOString().slice(0, DATE_LENGTH - 1)}Z`
}

/** `holdfast xks-proxy key create`. */
export async function createKey(input: CommandInput): Promise<number> {
  const [id = ''] = input.operands
  await administer(input, (proxy) => proxy.createKey(id))
  printResult(input, { id, status: 'ENABLED' }, () => [`created the external key ${id}`])
  printNext(input, `create a KMS key with Origin EXTERNAL_KEY_STORE and XksKeyId ${id}`)
  return 0
}

/** `holdfast xks-proxy key enable`. */
export function enableKey(input: CommandInput): Promise<number> {
  return setStatus(input, 'ENABLED', 'enabled')
}

/** `holdfast xks-proxy key disable`. */
export function disableKey(input: CommandInput): Promise<number> {
  return setStatus(input, 'DISABLED', 'disabled')
}

async function setStatus(input: CommandInput, status: 'ENABLED' | 'DISABLED', done: string): Promise<number> {
  const [id = ''] = input.operands
  await administer(input, (proxy) => proxy.setKeyStatus(id, status))
  printResult(input, { id, status }, () => [`${done} the external key ${id}`])
  return 0
}

/** `holdfast xks-proxy key list`. */
export async function listKeys(input: CommandInput): Promise<number> {
  const keys = (await administer(input, (proxy) => proxy.listKeys())).map(({ name, value }) => {
    return { id: name, status: value.status, createdAt: when(value.createdAt) }
  })
  printResult(input, { keys }, () => keys.map(({ id, status, createdAt }) => `${status} ${createdAt} ${id}`))
  return 0
}

/** `holdfast xks-proxy credential create`. */
export async function createCredential(input: CommandInput): Promise<number> {
  const { accessKeyId, secretAccessKey } = await administer(input, (proxy) => proxy.createCredential())
  printResult(input, { AccessKeyId: accessKeyId, RawSecretAccessKey: secretAccessKey }, () => [
    `AccessKeyId        ${accessKeyId}`,
    `RawSecretAccessKey ${secretAccessKey}`,
  ])
  printNext(input, 'pass both to CreateCustomKeyStore as XksProxyAuthenticationCredential')
  return 0
}

/** `holdfast xks-proxy credential list`. */
export async function listCredentials(input: CommandInput): Promise<number> {
  const credentials = (await administer(input, (proxy) => proxy.listCredentials())).map(
    ({ accessKeyId, createdAt }) => ({ accessKeyId, createdAt: when(createdAt) }),
  )
  printResult(input, { credentials }, () =>
    credentials.map(({ accessKeyId, createdAt }) => `${createdAt} ${accessKeyId}`),
  )
  return 0
}

/** `holdfast xks-proxy credential delete`. */
export async function deleteCredential(input: CommandInput): Promise<number> {
  const [accessKeyId = ''] = input.operands
  await administer(input, (proxy) => proxy.deleteCredential(accessKeyId))
  printResult(input, { accessKeyId }, () => [`deleted the credential ${accessKeyId}`])
  return 0
}
