import { resolve } from 'node:path'
import { renewTls } from '../app/deployment.ts'
import { openProxyNode } from '../app/xks-proxy.ts'
import { formatAddress } from '../config/places.ts'
import type { Config } from '../config/settings.ts'
import type { Command } from './command.ts'
import { openLog } from './log.ts'
import { takeHangup, takeSignals } from './signals.ts'

/** `holdfast xks-proxy`: serves external keys to AWS KMS or another Holdfast until it is asked to stop. */
export const xksProxy: Command = {
  name: 'xks-proxy',
  about: 'serves external keys by the XKS proxy API until SIGTERM or SIGINT',
  run: async ({ config, output }) => {
    const log = openLog()
    const stop = takeSignals(log)
    const onHangup = takeHangup(log)
    const node = await openProxyNode(config, log)
    onHangup(() => renewTls(config, log, node.useTls))
    output.print(`Holdfast serves external keys on ${proxyUri(config, node.port)}`)
    output.print(`  data         ${resolve(config.data)}`)
    await stop
    output.print('stopping: finishing what is in flight')
    await node.close()
    return 0
  },
}

function proxyUri(config: Config, port: number): string {
  const scheme = config.tls === undefined ? 'http' : 'https'
  const { listen, prefix } = config.xksProxy
  return `${scheme}://${formatAddress({ host: listen.host, port })}${prefix}/kms/xks/v1`
}
