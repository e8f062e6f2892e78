import { PARTITION } from '../api/arn.ts'
import { KmsError } from '../api/errors.ts'
import {
  answer,
  boolean,
  instant,
  integer,
  list,
  oneOf,
  optional,
  structure,
  text,
  type ValueOf,
} from '../api/shapes.ts'
import { LOOKUP_ATTRIBUTES } from '../audit-index/terms.ts'
import { ACCOUNT_ID, askedAccount } from './asked-account.ts'
import { checkRange, RANGE_INPUT, rangeOf } from './time-range.ts'
import { type Invocation, usageOperation } from './usage-operation.ts'

const DEFAULT_DAYS = 7
const DAY_SECONDS = 86_400
/** The most periods of one answer. */
const PERIODS_MAX = 1500
const VALUE_MAX_CHARS = 2048

const ATTRIBUTE = structure({
  AttributeKey: oneOf(...LOOKUP_ATTRIBUTES),
  AttributeValue: text({ min: 1, max: VALUE_MAX_CHARS }),
})
const INPUT = {
  AccountId: optional(ACCOUNT_ID),
  ...RANGE_INPUT,
  Period: optional(integer({ min: 1, max: DAY_SECONDS * 90 })),
  LookupAttributes: optional(list(ATTRIBUTE, { max: 1 })),
}
const COUNT = answer({ Time: instant(), Events: integer(), Refusals: integer() })
const OUTPUT = { Period: integer(), Counts: list(COUNT), Events: integer(), Current: boolean() }

type CountInvocation = Invocation<typeof INPUT, string>

/** Counts the events of an account in a region over time. */
export const countEvents = usageOperation(
  {
    ...{ name: 'CountEvents', input: INPUT, output: OUTPUT },
    find: async (invocation) => {
      const account = await askedAccount(invocation)
      const { region } = invocation.call
      return { resource: `arn:${PARTITION}:holdfast:${region}:${account}:event/*`, subject: account }
    },
  },
  async ({ call, input, dependencies, subject: account }: CountInvocation) => {
    const { fromMs, toMs } = checkRange(rangeOf(input, call.now, DEFAULT_DAYS))
    const { Period: period = DAY_SECONDS / 24 } = input
    // Whole periods since 1970, so that counts of successive calls have the same limits.
    const fromSecond = Math.floor(fromMs / 1000 / period) * period
    const periods = Math.floor((Math.floor(toMs / 1000) - fromSecond) / period) + 1
    if (periods > PERIODS_MAX) throw tooMany(periods)
    const [attribute] = input.LookupAttributes ?? []
    const question = {
      ...{ account, region: call.region, fromSecond, period, periods },
      attribute: attribute && { name: attribute.AttributeKey, value: attribute.AttributeValue },
    }
    const { value: events, current } = await dependencies.counts(question)
    const refusals =
      attribute === undefined ? (await dependencies.counts({ ...question, refused: true })).value : undefined
    const Counts = events.map(
      (count, at): ValueOf<typeof COUNT> => ({
        Time: fromSecond + at * period,
        Events: count,
        Refusals: refusals?.[at],
      }),
    )
    const Events = events.reduce((sum, count) => sum + count, 0)
    return { output: { Period: period, Counts, Events, Current: current } }
  },
)

function tooMany(periods: number): KmsError {
  const message = `The time range has ${periods} periods; at most ${PERIODS_MAX} are allowed: ask for longer periods.`
  return new KmsError('ValidationException', message)
}
