// Serves the folder that trails are delivered to, as `aws cloudtrail validate-logs` reads a bucket.
// It only reads, checks no signature, and listens on the loopback address alone.
//
//     node serve-folder.mjs FOLDER PORT

import { readdir, readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join, relative, resolve, sep } from 'node:path'

const [folder = 'data/trails', port = '7690'] = process.argv.slice(2)
const root = resolve(folder)
const METADATA = '.metadata.json'

const server = createServer((request, response) => {
  answer(new URL(request.url, 'http://localhost'), response).catch((error) => {
    response.statusCode = error.code === 'ENOENT' ? 404 : 500
    send(response, `<Error><Code>${error.code === 'ENOENT' ? 'NoSuchKey' : 'InternalError'}</Code></Error>`)
  })
})
server.listen(Number(port), '127.0.0.1', () => console.log(`serving ${root} on http://127.0.0.1:${port}`))

async function answer(url, response) {
  const [bucket, ...rest] = decodeURIComponent(url.pathname).slice(1).split('/')
  const key = rest.join('/')
  if (url.searchParams.has('location')) return send(response, '<LocationConstraint/>')
  if (key === '') return send(response, await list(bucket, url.searchParams))
  const path = inside(join(root, bucket, key))
  const bytes = await readFile(path)
  const metadata = JSON.parse(await readFile(`${path}${METADATA}`, 'utf8'))
  for (const [name, value] of Object.entries(metadata)) response.setHeader(`x-amz-meta-${name}`, value)
  response.end(bytes)
}

/** Objects after the marker whose keys begin with the prefix. */
async function list(bucket, query) {
  const home = inside(join(root, bucket))
  const [prefix, marker] = [query.get('prefix') ?? '', query.get('marker') ?? '']
  const entries = await readdir(home, { recursive: true, withFileTypes: true })
  const keys = entries
    .filter((entry) => entry.isFile() && !entry.name.endsWith(METADATA))
    .map((entry) => relative(home, join(entry.parentPath, entry.name)).replaceAll(sep, '/'))
    .filter((key) => key.startsWith(prefix) && key > marker)
    .sort()
  const contents = keys.map((key) => `<Contents><Key>${key}</Key><Size>1</Size></Contents>`).join('')
  return `<ListBucketResult><Name>${bucket}</Name><IsTruncated>false</IsTruncated>${contents}</ListBucketResult>`
}

function inside(path) {
  if (!path.startsWith(`${root}${sep}`)) throw Object.assign(new Error(path), { code: 'ENOENT' })
  return path
}

function send(response, xml) {
  response.setHeader('content-type', 'application/xml')
  response.end(`<?xml version="1.0" encoding="UTF-8"?>${xml}`)
}
