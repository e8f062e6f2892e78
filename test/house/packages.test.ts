import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { filesBelow, ROOT } from './sources.ts'

type Versions = Readonly<Record<string, string>>

/** What is asked of the packages of a lock file. */
type Locked = {
  readonly resolved?: string
  readonly link?: boolean
  readonly optionalDependencies?: Versions
}

type Place = {
  readonly folder: string
  readonly manifest: {
    readonly private?: boolean
    readonly scripts?: Readonly<Record<string, string>>
    readonly bundleDependencies?: readonly string[]
    readonly dependencies?: Versions
    readonly devDependencies?: Versions
    readonly optionalDependencies?: Versions
  }
  readonly packages: Readonly<Record<string, Locked>>
  readonly settings: string
}

async function readPlace(folder: string): Promise<Place> {
  const read = (name: string): Promise<string> => readFile(join(ROOT, folder, name), 'utf8')
  return {
    folder,
    manifest: JSON.parse(await read('package.json')),
    packages: (JSON.parse(await read('package-lock.json')) as Pick<Place, 'packages'>).packages,
    settings: await read('.npmrc'),
  }
}

const nested = (await filesBelow('test', 'package.json')).map(({ path }) => dirname(path))
const places = await Promise.all(['.', ...nested].map(readPlace))

test('packages are installed in four places: for everything, for the AWS Encryption SDK, an OpenID provider, the SDKs of AWS', () => {
  assert.deepEqual(
    places.map(({ folder }) => folder),
    [
      ...['.', 'test/conformance/encryption-sdk', 'test/conformance/openid-provider'],
      'test/conformance/sdks/javascript',
    ],
  )
})

test('the console is a workspace that asks for exact versions, all of them for its build alone', async () => {
  const manifest: Place['manifest'] = JSON.parse(await readFile(join(ROOT, 'console/package.json'), 'utf8'))
  assert.equal(manifest.private, true)
  assert.deepEqual(Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies }), [])
  const asked = Object.entries(manifest.devDependencies ?? {})
  assert.ok(asked.length > 5)
  for (const [name, version] of asked) assert.match(version, /^\d+\.\d+\.\d+$/, name)
})

/** The folders of test/conformance with drivers in Go. */
const GO_DRIVERS = ['sdks/go', 'kubernetes', 'programs']

test('the packages of the drivers in Go and Java have exact versions, and name no host', async () => {
  const readDriver = (name: string): Promise<string> => readFile(join(ROOT, 'test/conformance', name), 'utf8')
  for (const driver of GO_DRIVERS) {
    const asked = [...(await readDriver(`${driver}/go.mod`)).matchAll(/^\t(\S+) (\S+)/gm)]
    assert.ok(asked.length > 0)
    const sums = await readDriver(`${driver}/go.sum`)
    for (const [, name = '', version = ''] of asked) {
      assert.match(version, /^v\d+\.\d+\.\d+(?:-[\w.-]+)?(?:\+incompatible)?$/, name)
      assert.ok(
        sums.includes(`${name} ${version} h1:`) || sums.includes(`${name} ${version}/go.mod h1:`),
        name,
      )
    }
  }
  const read = (name: string): Promise<string> => readDriver(`sdks/${name}`)
  const pom = await read('java/pom.xml')
  assert.doesNotMatch(pom, /:\/\/|<repositor/)
  const versions = [...pom.matchAll(/<(?:\w+\.)?version>([^<]+)</g)].map(([, version]) => version)
  assert.ok(versions.length > 2)
  for (const version of versions) assert.match(String(version), /^(?:0|\d+\.\d+\.\d+|\$\{sdk\.version\})$/)
})

test('the npm package bundles what Holdfast depends on, and runs no script where it is installed', async () => {
  const manifest: Place['manifest'] = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'))
  assert.deepEqual(manifest.bundleDependencies, Object.keys(manifest.dependencies ?? {}))
  for (const name of Object.keys(manifest.scripts ?? {})) assert.doesNotMatch(name, /install|prepare$/)
})

for (const { folder, manifest, packages, settings } of places) {
  test(`${folder}: is private, and asks for exact versions`, () => {
    assert.equal(manifest.private, true)
    const { dependencies, devDependencies, optionalDependencies } = manifest
    const asked = Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies })
    assert.ok(asked.length > 0)
    for (const [name, version] of asked) assert.match(version, /^\d+\.\d+\.\d+$/, name)
  })

  test(`${folder}: the lock file names no host`, () => {
    const locked = Object.entries(packages).filter(([path]) => path !== '')
    assert.ok(locked.length > 0)
    for (const [path, { resolved, link }] of locked) {
      // A workspace is a link to a folder of the project.
      if (link === true) assert.ok(resolved !== undefined && resolved in packages, path)
      else assert.equal(resolved, undefined, path)
    }
    assert.match(settings, /^omit-lockfile-registry-resolved=true$/m)
  })

  test(`${folder}: the lock file has the optional packages of every platform`, () => {
    for (const [path, { optionalDependencies }] of Object.entries(packages)) {
      for (const name of Object.keys(optionalDependencies ?? {})) {
        const found = [`node_modules/${name}`, `${path}/node_modules/${name}`].some((at) => at in packages)
        assert.ok(found, `${name}, which ${path || folder} may need`)
      }
    }
  })
}
