import type { AuditHead } from '../../audit/log/head.ts'
import { readHeads } from '../../audit/log/journal.ts'
import { decodePositions, encodePositions } from '../../audit/log/positions.ts'
import type { Collected, EventFilter } from '../../audit-index/collect.ts'
import type { Stored } from '../../store/records.ts'
import {
  DELIVERY,
  type DeliveredFile,
  type DeliveryPlan,
  isLogging,
  type TrailValue,
} from '../trail-records.ts'
import { type DeliverDependencies, Delivery } from './delivery.ts'
import { logObject } from './digest.ts'
import { beginChains, deliverDueDigests, endChains } from './digests.ts'

/**
 * Brings a trail's bucket up to date: what was begun is finished, digests that are due are written,
 * and what the log has up to its saved heads is delivered.
 *
 * What is about to be put is committed first, and put with the same names and bytes after a crash:
 * so nothing is delivered twice under two names, and nothing is left out.
 *
 * @throws whatever the destination, the log or the store throws; the next call goes on from there.
 */
export async function deliverTrail(
  dependencies: DeliverDependencies,
  trail: Stored<TrailValue>,
): Promise<void> {
  const { periods } = trail.value
  if (periods.length === 0) return
  const state = await dependencies.records.get(DELIVERY, trail.partition, trail.name)
  const delivery = new Delivery(dependencies, trail, state)
  try {
    await finish(delivery)
    if (isLogging(trail.value)) await beginChains(delivery)
    await deliverDueDigests(delivery)
    while (await deliverNext(delivery, await readHeads(dependencies.records)));
    if (!isLogging(trail.value)) await endChains(delivery)
  } catch (error) {
    const lastError = error instanceof Error ? error.name : 'Error'
    if (delivery.state.lastError !== lastError)
      await delivery.save({ ...delivery.state, lastError }).catch(() => {})
    throw error
  }
}

/** Puts the files of a plan, whose names and hashes are already known. */
async function finish(delivery: Delivery): Promise<void> {
  const { plan, positions } = delivery.state
  if (plan === undefined) return
  const until = Object.fromEntries(
    Object.entries(plan.positions).map(([node, { sequence }]) => [node, sequence]),
  )
  const question = { filter: plan.filter, from: decodePositions(positions), until, limited: false }
  const { files } = await delivery.dependencies.collect(question)
  await carryOut(delivery, plan, files)
}

async function carryOut(delivery: Delivery, plan: DeliveryPlan, files: Collected['files']): Promise<void> {
  const { dependencies, trail } = delivery
  for (const planned of plan.files) {
    const file = files.find(({ region, kind }) => region === planned.region && kind === planned.kind)
    if (file?.hash !== planned.hash) throw new Error(`${planned.object} cannot be made again from the log`)
    const { bytes } = file
    await dependencies.destination.put({
      bucket: trail.value.bucket,
      key: planned.object,
      bytes,
      metadata: {},
    })
  }
  const { plan: _done, lastError: _error, ...state } = delivery.state
  await delivery.save({
    ...state,
    positions: plan.positions,
    files: trail.value.validation ? [...state.files, ...plan.files] : [],
    ...(plan.files.length === 0 ? {} : { lastDelivery: dependencies.clock.now() }),
  })
}

/** Delivers one round of files; returns false when all is delivered. */
async function deliverNext(delivery: Delivery, heads: ReadonlyMap<string, AuditHead>): Promise<boolean> {
  const { dependencies, state } = delivery
  const until = Object.fromEntries([...heads].map(([node, { sequence }]) => [node, sequence]))
  const isThere = Object.entries(until).every(([node, end]) => (state.positions[node]?.sequence ?? 0) >= end)
  if (isThere) return false
  const filter = filterOf(delivery)
  const question = { filter, from: decodePositions(state.positions), until, limited: true }
  const { files, positions } = await dependencies.collect(question)
  const plan: DeliveryPlan = {
    positions: encodePositions(positions),
    filter,
    files: planFiles(delivery, files),
  }
  if (plan.files.length > 0) await delivery.save({ ...state, plan })
  await carryOut(delivery, plan, files)
  return true
}

const NAME_LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
const NAME_CHARS = 16

function planFiles(
  { dependencies, trail, account }: Delivery,
  files: Collected['files'],
): readonly DeliveredFile[] {
  const { prefix } = trail.value
  return files.map(({ region, kind, hash, oldest, newest }) => {
    const random = [...dependencies.random.bytes(NAME_CHARS)]
      .map((byte) => NAME_LETTERS[byte % NAME_LETTERS.length])
      .join('')
    const object = logObject({ prefix, account, region, kind }, dependencies.clock.now(), random)
    return { object, region, kind, hash, oldest, newest }
  })
}

function filterOf({ trail, account }: Delivery): EventFilter {
  const { region, multiRegion, globalEvents, selectors, periods, insights } = trail.value
  return { account, ...(multiRegion ? {} : { region }), globalEvents, selectors, periods, insights }
}
