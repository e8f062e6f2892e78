import { resolve } from 'node:path'
import { openS3Gateway } from '../app/s3-gateway.ts'
import { openRootForServing } from '../app/sealed.ts'
import { gatewayDoor } from '../app/sealed-doors.ts'
import { renewTls } from '../app/tls.ts'
import { formatAddress } from '../config/places.ts'
import type { CommandInput } from './command.ts'
import { requireDataFolder } from './data-folder.ts'
import { openLog } from './log.ts'
import { restartInPlace } from './restart.ts'
import { printResult } from './result.ts'
import { announceSealed } from './serve.ts'
import { takeHangup, takeSignals } from './signals.ts'

/** `holdfast s3 serve`: serves buckets until it is asked to stop. */
export async function serveS3(input: CommandInput): Promise<number> {
  const { config } = input
  requireDataFolder(config)
  const log = openLog()
  const stop = takeSignals(log)
  const onHangup = takeHangup(log)
  const scheme = config.tls === undefined ? 'http' : 'https'
  const endpointAt = (port: number): string =>
    `${scheme}://${formatAddress({ host: config.s3.listen.host, port })}`
  const opened = await openRootForServing(config, {
    log,
    stop,
    door: gatewayDoor(config),
    sealed: (port) => announceSealed(input, endpointAt(port)),
  })
  if (opened === undefined) return 0
  const leave = (): void => restartInPlace(log)
  const gateway = await openS3Gateway(config, log, { rootKey: opened.root, opening: opened, leave })
  opened.root[Symbol.dispose]()
  onHangup(() => renewTls(config, log, gateway.useTls))
  const endpoint = endpointAt(gateway.port)
  const [data, folder] = [resolve(config.data), resolve(config.s3.folder)]
  printResult(input, { event: 'serving', endpoint, data, folder }, () => [
    `Holdfast serves on ${endpoint}`,
    `  data         ${data}`,
    `  objects      ${folder}`,
    '',
    'Point AWS clients at it:',
    `  export AWS_ENDPOINT_URL_S3=${endpoint}`,
  ])
  await stop
  printResult(input, { event: 'stopping' }, () => ['stopping: finishing requests in flight'])
  await gateway.close()
  return 0
}
