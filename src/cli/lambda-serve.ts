import { resolve } from 'node:path'
import { openLambda } from '../app/lambda.ts'
import { renewTls } from '../app/tls.ts'
import { formatAddress } from '../config/places.ts'
import type { CommandInput } from './command.ts'
import { requireDataFolder } from './data-folder.ts'
import { openLog } from './log.ts'
import { printResult } from './result.ts'
import { takeHangup, takeSignals } from './signals.ts'

/** `holdfast lambda serve`: serves functions until it is asked to stop. */
export async function serveLambda(input: CommandInput): Promise<number> {
  const { config } = input
  requireDataFolder(config)
  const log = openLog()
  const stop = takeSignals(log)
  const onHangup = takeHangup(log)
  const server = await openLambda(config, log)
  onHangup(() => renewTls(config, log, server.useTls))
  const scheme = config.tls === undefined ? 'http' : 'https'
  const endpoint = `${scheme}://${formatAddress({ host: config.lambda.listen.host, port: server.port })}`
  const [data, folder] = [resolve(config.data), resolve(config.lambda.folder)]
  printResult(input, { event: 'serving', endpoint, data, folder }, () => [
    `Holdfast serves on ${endpoint}`,
    `  data         ${data}`,
    `  functions    ${folder}`,
    '',
    'Functions run as the user of this process, without a sandbox.',
    '',
    'Point AWS clients at it:',
    `  export AWS_ENDPOINT_URL_LAMBDA=${endpoint}`,
  ])
  await stop
  printResult(input, { event: 'stopping' }, () => ['stopping: finishing requests in flight'])
  await server.close()
  return 0
}
