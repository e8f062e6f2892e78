/** A synthetic month: the facts of every minute, and what is true of it. */

import type { EventFact } from '../../src/insights/detector/fact.ts'
import { drawIncidents, FIRST_DAY, type Incident } from './incidents.ts'
import { SeededRandom } from './random.ts'
import {
  ACCOUNT,
  type Caller,
  DAY,
  drawService,
  drawWorld,
  foreignNetwork,
  keyArn,
  REGION,
  roleArn,
  type World,
} from './world.ts'

/** A month and what was put into it. */
export type Month = {
  readonly incidents: readonly Incident[]
  /** The events of each minute, in order of time. */
  readonly minutes: () => Generator<readonly EventFact[]>
}

/** The first second of all months: a Monday's. */
export const MONTH_START = 1_767_571_200
/** A week that is learned, and a month. */
export const MONTH_DAYS = 37
const USES = new Set([
  ...['Decrypt', 'Encrypt', 'GenerateDataKey', 'Sign', 'Verify', 'GenerateMac', 'VerifyMac'],
])
const WITHOUT_KEY = new Set(['ListKeys', 'ListAliases'])
const KMS = 'kms.amazonaws.com'
const MIGRATION_MINUTES = 30
const DORMANT_KEYS = 10
const DORMANT_DAYS = 100

/** The month of a seed, or so many days. */
export function drawMonth(seed: number, days = MONTH_DAYS): Month {
  const random = new SeededRandom(seed)
  const world = drawWorld(random)
  const dormant = Array.from({ length: DORMANT_KEYS }, (_, index) => keyArn(`old-${index}`))
  const services = world.callers.filter(({ kind }) => kind === 'service')
  const woken = dormant.map((key) => wake(random, key, random.pick(services), days))
  const incidents = [...drawIncidents(random, world, days), ...woken]
  const benign = drawChanges(random, world, days)
  const callers = [...world.callers, ...benign.callers]
  return {
    incidents,
    *minutes() {
      const own = new SeededRandom(seed ^ 0x5eed)
      const early = -DORMANT_DAYS * DAY
      for (const { keys, caller } of woken) yield [fact(own, early, caller, { key: keys[0] ?? '' })]
      const state = { deploys: new Map(), flares: new Map(), roaming: new Map(), plan: 0 }
      for (let minute = 0; minute < days * DAY; minute += 1) {
        const facts: EventFact[] = []
        for (const caller of callers) everyday(own, minute, caller, { state, facts, benign })
        for (const incident of incidents) happen(own, minute, incident, facts)
        yield facts.sort((a, b) => a.second - b.second)
      }
    },
  }
}

function wake(random: SeededRandom, key: string, caller: Caller, days: number): Incident {
  const from = random.whole(FIRST_DAY * DAY, days * DAY - 60)
  const { principal, contexts } = caller
  const calls = { rate: 1, operations: ['Decrypt'], keys: [key], failing: 0, error: '', contexts }
  return { type: 'DormantKeyUseInsight', from, to: from + 5, principal, caller, ...calls }
}

/** Changes that nobody should be woken for. */
type Changes = {
  readonly callers: readonly Caller[]
  /** From a minute on a service comes from another subnet as well. */
  readonly moves: ReadonlyMap<string, { readonly from: number; readonly network: string }>
  /** From a minute on a service may use another key. */
  readonly keys: ReadonlyMap<string, { readonly from: number; readonly key: string }>
  /** From a minute on a service has so many times its calls. */
  readonly levels: ReadonlyMap<string, { readonly from: number; readonly factor: number }>
  /** When somebody migrates data. */
  readonly migrations: ReadonlyMap<string, number>
}

function drawChanges(random: SeededRandom, { callers, keys }: World, days: number): Changes {
  const names = callers.filter(({ kind }) => kind === 'service').map(({ principal }) => principal)
  const people = callers.filter(({ kind }) => kind === 'person').map(({ principal }) => principal)
  const from = (): number => random.whole(FIRST_DAY * DAY, days * DAY - 60)
  const subnets = ['10.0.0.0/24', '10.0.1.0/24']
  return {
    callers: [0, 1].map((index) => {
      const key = keyArn(`new-${index}`)
      return { ...drawService(random, roleArn(`new-${index}`), [key], subnets), begins: from() }
    }),
    moves: new Map(
      [0, 1].map((index) => [random.pick(names), { from: from(), network: `10.1.${index}.0/24` }]),
    ),
    keys: new Map([0, 1, 2].map(() => [random.pick(names), { from: from(), key: random.pick(keys) }])),
    migrations: new Map([[random.pick(people), random.whole(FIRST_DAY * DAY, days * DAY - 60)]]),
    levels: new Map(
      [0, 1].map(() => [random.pick(names), { from: from(), factor: random.between(1.3, 1.8) }]),
    ),
  }
}

type Day = {
  readonly state: {
    readonly deploys: Map<string, number>
    readonly flares: Map<string, number>
    readonly roaming: Map<string, string>
    plan: number
  }
  readonly facts: EventFact[]
  readonly benign: Changes
}

function everyday(random: SeededRandom, minute: number, caller: Caller, day: Day): void {
  if (minute < caller.begins) return
  const { principal, kind } = caller
  const networks = networksNow(random, minute, caller, day)
  const key = day.benign.keys.get(principal)
  const keys = key !== undefined && minute >= key.from ? [...caller.keys, key.key] : caller.keys
  const now = { ...caller, networks, keys }
  const level = day.benign.levels.get(principal)
  const factor = level !== undefined && minute >= level.from ? level.factor : 1
  const mean = factor * rateAt(minute, caller) * Math.exp(caller.scatter * random.normal())
  const count =
    random.poisson(mean) +
    (kind === 'service' ? deploy(random, minute, caller, day) + flare(random, caller, day) : 0)
  for (let index = 0; index < count; index += 1) day.facts.push(fact(random, minute, now, {}))
  migrate(random, minute, now, day)
  if (kind === 'pipeline') plan(random, minute, now, day)
}

/** Terraform looks at every key, a few times on a working day. */
function plan(random: SeededRandom, minute: number, caller: Caller, day: Day): void {
  if (isWorkTime(minute) && random.unit() < 1 / 90) day.state.plan = 3
  if (day.state.plan <= 0) return
  day.state.plan -= 1
  for (const key of caller.keys) day.facts.push(fact(random, minute, caller, { key }))
}

function networksNow(
  random: SeededRandom,
  minute: number,
  caller: Caller,
  { state, benign }: Day,
): readonly string[] {
  const move = benign.moves.get(caller.principal)
  if (move !== undefined && minute >= move.from) return [...caller.networks, move.network]
  if (!caller.roams) return caller.networks
  if (minute % DAY === 0 && random.unit() < 0.5) state.roaming.set(caller.principal, foreignNetwork(random))
  const here = state.roaming.get(caller.principal)
  return here === undefined ? caller.networks : [here]
}

/** A cache that runs cold, a queue that is worked off: every other day, at any time, for a few minutes. */
function flare(random: SeededRandom, caller: Caller, { state }: Day): number {
  const left = state.flares.get(caller.principal) ?? 0
  if (left === 0 && random.unit() < 1 / 2880) state.flares.set(caller.principal, random.whole(1, 4))
  if (left === 0) return 0
  state.flares.set(caller.principal, left - 1)
  return random.poisson(random.between(1, 5) * Math.max(1, caller.rate))
}

/** Somebody rewrites old data, once: a few hundred Decrypt calls in half an hour. */
function migrate(random: SeededRandom, minute: number, caller: Caller, { facts, benign }: Day): void {
  const from = benign.migrations.get(caller.principal)
  if (from === undefined || minute < from || minute >= from + MIGRATION_MINUTES) return
  const operator = { ...caller, operations: ['Decrypt'], contexts: 30 }
  for (let count = random.poisson(15); count > 0; count -= 1) facts.push(fact(random, minute, operator, {}))
}

/** Additional calls of the instances that a deployment starts, for a few minutes. */
function deploy(random: SeededRandom, minute: number, caller: Caller, { state }: Day): number {
  const left = state.deploys.get(caller.principal) ?? 0
  // Three a week, in working hours.
  if (left === 0 && isWorkTime(minute) && random.unit() < 3 / (5 * 540)) {
    state.deploys.set(caller.principal, random.whole(2, 5))
  }
  if (left === 0) return 0
  state.deploys.set(caller.principal, left - 1)
  return random.poisson(random.between(2, 6) * Math.max(2, caller.rate))
}

function isWorkTime(minute: number): boolean {
  const ofDay = minute % DAY
  return Math.floor(minute / DAY) % 7 < 5 && ofDay >= 540 && ofDay < 1080
}

function rateAt(minute: number, { rate, night, weekend, growth, job, kind }: Caller): number {
  const weekday = Math.floor(minute / DAY) % 7
  const ofDay = minute % DAY
  const grown = rate * (1 + growth) ** (minute / DAY)
  if (job !== undefined) {
    const isToday = job.weekday === undefined || job.weekday === weekday
    return isToday && ofDay >= job.minute && ofDay < job.minute + job.minutes ? grown : 0
  }
  if (kind === 'person' && (ofDay < 480 || ofDay > 1140)) return 0
  const sun = (1 - Math.cos((2 * Math.PI * (ofDay - 180)) / DAY)) / 2
  return grown * (1 - night * (1 - sun)) * (weekday >= 5 ? 1 - weekend : 1)
}

function happen(random: SeededRandom, minute: number, incident: Incident, facts: EventFact[]): void {
  if (minute < incident.from || minute > incident.to) return
  const { caller, operations, keys, contexts, network } = incident
  const networks = network === undefined ? caller.networks : [network]
  const now = { ...caller, operations, keys, contexts, networks }
  // What is to be found must happen at least once.
  const count = random.poisson(incident.rate) + (minute === incident.from ? 1 : 0)
  for (let index = 0; index < count; index += 1) {
    const error = random.unit() < incident.failing ? incident.error : ''
    facts.push(fact(random, minute, now, { error }))
  }
}

type Given = { readonly key?: string; readonly error?: string }

function fact(random: SeededRandom, minute: number, caller: Caller, given: Given): EventFact {
  const operation =
    given.key !== undefined && caller.kind !== 'pipeline' ? 'Decrypt' : random.pick(caller.operations)
  const fails = random.unit() < caller.errors
  const error =
    given.error ??
    (fails ? random.pick(['AccessDenied', 'ThrottlingException', 'InvalidCiphertextException']) : '')
  const keys = WITHOUT_KEY.has(operation) ? [] : [given.key ?? random.pick(caller.keys)]
  return {
    second: MONTH_START + minute * 60 + random.whole(0, 59),
    account: ACCOUNT,
    region: REGION,
    source: KMS,
    operation,
    principal: caller.principal,
    agent: random.pick(caller.agents),
    network: random.pick(caller.networks),
    keys,
    error,
    context: String(random.whole(1, caller.contexts)),
    isUse: error === '' && USES.has(operation),
  }
}
