/** Three machines of a fleet and their PostgreSQL on this machine, behind one port, to try: `npm run fleet`. */

import { once } from 'node:events'
import { createConnection, createServer, type Server, type Socket } from 'node:net'
import { parseArgs } from 'node:util'
import { type Machine, startFleet } from '../test/fleet/machines.ts'
import { PostgresServer, withoutPostgres } from '../test/support/postgres-server.ts'
import { testFolder } from '../test/support/test-folder.ts'

const { values } = parseArgs({
  options: { port: { type: 'string', default: '7600' }, machines: { type: 'string', default: '3' } },
})
const missing = withoutPostgres()
if (missing === false) await run(Number(values.port), Number(values.machines))
else {
  process.stderr.write(`npm run fleet: ${missing}\n`)
  process.exitCode = 1
}

async function run(port: number, count: number): Promise<void> {
  using folder = testFolder()
  await using stack = new AsyncDisposableStack()
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  })
  const postgres = stack.use(await PostgresServer.create())
  const machines = await startFleet(folder.path, count, postgres)
  for (const machine of machines) stack.use(machine)
  const balancer = await balance(port, machines)
  stack.defer(() => void balancer.close())
  const [first] = machines
  process.stdout.write(
    [
      `${count} machines serve on http://127.0.0.1:${port}, and PostgreSQL on port ${postgres.port}`,
      ...machines.map(({ server, data }) => `  ${server.endpoint}  pid ${server.process.pid}  ${data}`),
      '',
      'Point AWS clients at it:',
      `  export AWS_ENDPOINT_URL=http://127.0.0.1:${port} AWS_REGION=eu-west-1`,
      `  export AWS_ACCESS_KEY_ID=${first?.server.credentials.accessKeyId}`,
      `  export AWS_SECRET_ACCESS_KEY=${first?.server.credentials.secretAccessKey}`,
      '',
      'List the machines:',
      `  HOLDFAST_DATA=${first?.data} HOLDFAST_STORE='${first?.store}' bin/holdfast nodes`,
      '',
      'Kill one (kill -9 PID): the others serve on, and it starts again. Ctrl-C ends and removes everything.',
      '',
    ].join('\n'),
  )
  await stopped
}

/** Spreads connections over the machines that take them. */
async function balance(port: number, machines: readonly Machine[]): Promise<Server> {
  let next = 0
  const join = (client: Socket, attempts: number): void => {
    const machine = machines[next % machines.length]
    next += 1
    if (machine === undefined || attempts === 0) {
      client.destroy()
      return
    }
    const upstream = createConnection({
      host: '127.0.0.1',
      port: Number(new URL(machine.server.endpoint).port),
    })
    upstream.once('connect', () => {
      upstream.removeAllListeners('error')
      upstream.on('error', () => client.destroy())
      client.on('error', () => upstream.destroy())
      client.pipe(upstream).pipe(client)
    })
    upstream.once('error', () => join(client, attempts - 1))
  }
  const server = createServer((client) => {
    client.on('error', () => client.destroy())
    join(client, machines.length)
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return server
}
