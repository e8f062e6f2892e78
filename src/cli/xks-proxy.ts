import { resolve } from 'node:path'
import { openRootForServing } from '../app/sealed.ts'
import { proxyDoor } from '../app/sealed-doors.ts'
import { renewTls } from '../app/tls.ts'
import { openProxyNode } from '../app/xks-proxy.ts'
import { formatAddress } from '../config/places.ts'
import type { Config } from '../config/settings.ts'
import type { CommandInput } from './command.ts'
import { openLog } from './log.ts'
import { restartInPlace } from './restart.ts'
import { printResult } from './result.ts'
import { announceSealed } from './serve.ts'
import { takeHangup, takeSignals } from './signals.ts'

/** `holdfast xks-proxy`: serves external keys to AWS KMS or another Holdfast until it is asked to stop. */
export async function serveProxy(input: CommandInput): Promise<number> {
  const { config } = input
  const log = openLog()
  const stop = takeSignals(log)
  const onHangup = takeHangup(log)
  const opened = await openRootForServing(config, {
    log,
    stop,
    door: proxyDoor(config),
    sealed: (port) => announceSealed(input, proxyUri(config, port)),
  })
  if (opened === undefined) return 0
  const leave = (): void => restartInPlace(log)
  const node = await openProxyNode(config, log, { rootKey: opened.root, opening: opened, leave })
  opened.root[Symbol.dispose]()
  onHangup(() => renewTls(config, log, node.useTls))
  const [endpoint, data] = [proxyUri(config, node.port), resolve(config.data)]
  printResult(input, { event: 'serving', endpoint, data }, () => [
    `Holdfast serves external keys on ${endpoint}`,
    `  data         ${data}`,
  ])
  await stop
  printResult(input, { event: 'stopping' }, () => ['stopping: finishing requests in flight'])
  await node.close()
  return 0
}

function proxyUri(config: Config, port: number): string {
  const scheme = config.tls === undefined ? 'http' : 'https'
  const { listen, prefix } = config.xksProxy
  return `${scheme}://${formatAddress({ host: listen.host, port })}${prefix}/kms/xks/v1`
}
