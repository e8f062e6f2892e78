import type { CalledService } from '../api/services.ts'
import type { Clock } from '../base/ports.ts'
import { AuditAllowance } from './audit-allowance.ts'
import { type Payer, RateLimiter } from './limiter.ts'
import { type QuotaUse, QuotaWatch } from './quota-watch.ts'
import { limitOf, type ResourceQuota, type StoredQuotas } from './quotas.ts'
import { chargedOf, RATES } from './rates.ts'

/** The quotas of an account that differ from the default; at once where memory holds them. */
export type FindQuotas = (account: string) => StoredQuotas | undefined | Promise<StoredQuotas | undefined>

/** What quotas work with. */
export type QuotaDependencies = {
  readonly find: FindQuotas
  readonly clock: Clock
  /** How many processes share the calls. */
  readonly processes: number
  /** Whether a call is made also for an account that writes too much: one that takes permissions away is. */
  readonly isUrgent: (service: CalledService, operation: string, input: unknown) => boolean
  /** Called when an account passes the threshold of a quota. */
  readonly thresholdReached: (use: QuotaUse) => void
}

/** Something that an account has, and how much of it there would be. */
export type Wanted = {
  readonly account: string
  readonly region: string
  readonly quota: ResourceQuota
  readonly amount: number
}

/** A call, as its rate depends on it. */
type RatedCall = {
  readonly account: string
  readonly region: string
  readonly service: CalledService
  readonly operation: string
  /** Nothing for one that is not valid. */
  readonly input: unknown
}

/** The quotas of all accounts. */
export type Quotas = {
  /** Whether a call may go on; it is charged then. At once where memory holds the account's quotas. */
  readonly admit: (call: RatedCall) => boolean | Promise<boolean>
  /** The same for the use of a key in a custom key store, which has a rate beside the call's. */
  readonly admitStore: (account: string, region: string, storeId: string) => Promise<boolean>
  /** Charges an account with what its call has written to the audit log, in bytes or UTF-16 units. */
  readonly chargeAudit: (account: string, size: number) => void
  /** The limit that an amount would be beyond; nothing when there is room for it. */
  readonly exceeded: (wanted: Wanted) => Promise<number | undefined>
  /** What a quota is for an account. */
  readonly limit: (account: string, quota: ResourceQuota) => Promise<number>
}

/** The quotas of all accounts, with these dependencies. */
export function openQuotas({
  find,
  clock,
  processes,
  isUrgent,
  thresholdReached,
}: QuotaDependencies): Quotas {
  const watch = new QuotaWatch(clock, thresholdReached)
  const limiter = new RateLimiter({ clock, watch, processes })
  const audit = new AuditAllowance({ clock, watch, processes })
  const admit = (payer: Payer, { service, operation, input }: RatedCall): boolean =>
    audit.admit(payer, () => isUrgent(service, operation, input)) &&
    limiter.admit(payer, chargedOf(service, operation, input))
  const limit: Quotas['limit'] = async (account, quota) => limitOf(await find(account), quota)
  return {
    admit: (call) => {
      const { account, region } = call
      const found = find(account)
      if (!(found instanceof Promise)) return admit({ account, region, stored: found }, call)
      return found.then((stored) => admit({ account, region, stored }, call))
    },
    admitStore: async (account, region, storeId) => {
      const payer: Payer = { account, region, stored: await find(account), of: storeId }
      return limiter.admit(payer, STORE)
    },
    chargeAudit: (account, size) => audit.charge(account, size),
    exceeded: async ({ account, region, quota, amount }) => {
      const most = await limit(account, quota)
      watch.note({ account, region, quota, used: amount, limit: most })
      return amount > most ? most : undefined
    },
    limit,
  }
}

const STORE = [...RATES.values()].filter(({ name }) => name === 'kms.custom-key-store')
