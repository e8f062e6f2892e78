import { type Given, need, parseWithin, type Setting, setting } from './setting.ts'

/** A bound on concurrent use: for all clients together, and for one address. */
export type BoundConfig = { readonly all: number; readonly address: number }

/** The bounds on what clients use of one process at a time. */
export type BoundsConfig = {
  readonly connections: BoundConfig
  readonly requests: BoundConfig
  /** Bytes. */
  readonly receiving: BoundConfig
  /** Bytes. */
  readonly unread: BoundConfig
  /** Concurrent calls, of one account and of one principal. */
  readonly calls: { readonly account: number; readonly principal: number }
}

const MAX = 1_000_000
const MIB = 1_048_576

/** The settings of bounds on clients. */
export const BOUNDS_SETTINGS = {
  connections: bound('connections', '10000/4000', 'connections, of all clients and of one address'),
  requests: bound('requests', '4000/2000', 'requests in flight, of all clients and of one address'),
  receiving: bound(
    'receiving',
    '64/16',
    'MiB of request bodies being received, of all clients and of one address',
  ),
  unread: bound(
    'unread',
    '256/128',
    'MiB of responses that clients have not read, of all clients and of one address',
  ),
  calls: bound(
    'calls',
    '3000/1500',
    'calls in flight, of one account and of one principal',
    'ACCOUNT/PRINCIPAL',
  ),
}

/** @throws ConfigError. */
export function parseBounds(given: Given): BoundsConfig {
  const { all: account, address: principal } = need(BOUNDS_SETTINGS.calls, given)
  return {
    calls: { account, principal },
    connections: need(BOUNDS_SETTINGS.connections, given),
    requests: need(BOUNDS_SETTINGS.requests, given),
    receiving: inBytes(need(BOUNDS_SETTINGS.receiving, given)),
    unread: inBytes(need(BOUNDS_SETTINGS.unread, given)),
  }
}

function bound(flag: string, byDefault: string, about: string, names = 'ALL/ADDRESS'): Setting<BoundConfig> {
  return setting({
    variable: `HOLDFAST_${flag.toUpperCase()}`,
    flag,
    byDefault,
    about: `${about}, for each process`,
    expected: `${names}, whole numbers from 1 to ${MAX}, the second at most the first, for example ${byDefault}`,
    parse: parseBound,
  })
}

function parseBound(text: string): BoundConfig | undefined {
  const [allText = '', addressText = '', ...more] = text.split('/')
  const all = parseWithin(allText, 1, MAX)
  const address = parseWithin(addressText, 1, all ?? 0)
  return all === undefined || address === undefined || more.length > 0 ? undefined : { all, address }
}

function inBytes({ all, address }: BoundConfig): BoundConfig {
  return { all: all * MIB, address: address * MIB }
}
