import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse, parseAllDocuments } from 'yaml'
import { ROOT } from './sources.ts'

const read = (path: string): Promise<string> => readFile(join(ROOT, 'deploy', path), 'utf8')
/** The settings, as the page of the reference has them, which another test compares with the code. */
const variables: ReadonlySet<string> = new Set(
  [...(await read('../docs/reference/settings.md')).matchAll(/^\| `(HOLDFAST_\w+)` \|/gm)].map(
    ([, name = '']) => name,
  ),
)

type Container = {
  readonly name: string
  readonly image: string
  readonly env?: readonly { readonly name: string }[]
  readonly securityContext?: Readonly<Record<string, unknown>>
  readonly resources?: { readonly limits?: { readonly memory?: string } }
}
type PodSpec = {
  readonly containers: readonly Container[]
  readonly initContainers?: readonly Container[]
  readonly securityContext?: Readonly<Record<string, unknown>>
  readonly automountServiceAccountToken?: boolean
}
type Manifest = {
  readonly kind: string
  readonly spec?: { readonly template?: { readonly spec: PodSpec }; readonly replicas?: number }
}

for (const [file, kinds] of [
  ['server.yaml', ['Namespace', 'Service', 'StatefulSet', 'NetworkPolicy']],
  ['fleet.yaml', ['Namespace', 'Service', 'PodDisruptionBudget', 'Deployment', 'NetworkPolicy']],
] as const) {
  test(`deploy/kubernetes/${file}: no container has privileges, and settings exist`, async () => {
    const manifests: readonly Manifest[] = parseAllDocuments(await read(`kubernetes/${file}`)).map(
      (document) => document.toJS(),
    )
    assert.deepEqual(
      manifests.map(({ kind }) => kind),
      kinds,
    )
    const [pod] = manifests.flatMap(({ spec }) => spec?.template?.spec ?? [])
    assert.ok(pod !== undefined)
    assert.equal(pod.automountServiceAccountToken, false)
    assert.equal(pod.securityContext?.['runAsNonRoot'], true)
    for (const container of [...pod.containers, ...(pod.initContainers ?? [])]) {
      assert.equal(container.image, 'IMAGE')
      assert.deepEqual(container.securityContext, {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      })
      assert.ok(container.resources?.limits?.memory !== undefined)
      for (const { name } of container.env ?? []) assert.ok(variables.has(name), name)
    }
  })
}

test('a data folder has one server in Kubernetes, a fleet several', async () => {
  const replicas = async (file: string): Promise<unknown> =>
    parseAllDocuments(await read(`kubernetes/${file}`))
      .map((document): Manifest => document.toJS())
      .find(({ spec }) => spec?.replicas !== undefined)?.spec?.replicas
  assert.equal(await replicas('server.yaml'), 1)
  assert.equal(await replicas('fleet.yaml'), 3)
})

test('the image runs as a user without privileges, checks its health, and becomes the server', async () => {
  const text = await read('container/Containerfile')
  const instructions = text
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
  const last = (name: string): string | undefined =>
    instructions.findLast((line) => line.startsWith(`${name} `))
  assert.match(last('USER') ?? '', /^USER \d{4,}:\d{4,}$/)
  assert.equal(last('ENTRYPOINT'), 'ENTRYPOINT ["holdfast"]')
  assert.equal(last('CMD'), 'CMD ["serve"]')
  assert.match(last('HEALTHCHECK') ?? '', /CMD \["holdfast", "status"\]$/)
  assert.equal(last('STOPSIGNAL'), 'STOPSIGNAL SIGTERM')
  for (const line of instructions) {
    assert.doesNotMatch(line, /^ADD |:latest\b|\bcurl\b|\bsudo\b/)
    if (line.includes('apt-get install'))
      assert.match(line, /--no-install-recommends.*rm -rf \/var\/lib\/apt\/lists/)
  }
  for (const [, name = ''] of text.matchAll(/\b(HOLDFAST_\w+)=/g)) assert.ok(variables.has(name), name)
})

test('the services of the compose files have a root that cannot be written, and settings exist', async () => {
  const { services } = parse(await read('container/compose.yaml'))
  assert.equal(services.holdfast.read_only, true)
  assert.deepEqual(services.holdfast.cap_drop, ['ALL'])
  const { services: more } = parse(await read('container/compose.postgresql.yaml'))
  const environment = { ...services.holdfast.environment, ...more.holdfast.environment }
  assert.ok(Object.keys(environment).length > 3)
  const ofHoldfast = Object.keys(environment).filter((name) => !name.startsWith('NODE_'))
  for (const name of ofHoldfast) assert.ok(variables.has(name), name)
  for (const { security_opt: options } of [services.holdfast, more.database])
    assert.deepEqual(options, ['no-new-privileges:true'])
})

/** Units of programs that need devices, or the user's own privileges. */
const OTHER_UNITS = /volume|kubernetes/

test('the units of servers differ in their command alone', async () => {
  const names = (await readdir(join(ROOT, 'deploy/systemd'))).filter((name) => !OTHER_UNITS.test(name))
  assert.deepEqual(names.toSorted(), [
    'holdfast-s3.service',
    'holdfast-xks-proxy.service',
    'holdfast.service',
  ])
  const common = await Promise.all(
    names.map(async (name) =>
      (await read(`systemd/${name}`))
        .split('\n')
        .filter((line) => !/^(?:Description|ExecStart)=|^#.*journal|CONSOLE/.test(line)),
    ),
  )
  for (const lines of common) assert.deepEqual(lines, common[0])
  assert.ok(common[0]?.includes('SystemCallFilter=@system-service'))
})
