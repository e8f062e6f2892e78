import { PARTITION } from '../api/arn.ts'
import { answer, boolean, instant, list, text } from '../api/shapes.ts'
import { seesEveryAccount } from './seen-accounts.ts'
import { type Invocation, usageOperation } from './usage-operation.ts'

const DONE = answer({ BackupId: text(), Time: instant() })

/**
 * The unlock paths of the root key, the last backup and rehearsal, and what is risky about them: what `holdfast status` warns of. Empty for callers that
 * do not see every account: a home page asks whoever opens it.
 */
export const getServerStatus = usageOperation(
  {
    ...{ name: 'GetServerStatus', input: {}, rate: 'light' },
    output: {
      Release: text(),
      UnlockPaths: list(answer({ Name: text(), Type: text(), Unattended: boolean(), ProvedDate: instant() })),
      LastBackup: DONE,
      LastRehearsal: DONE,
      Risks: list(answer({ Severity: text(), Message: text() })),
    },
    find: async ({ call, dependencies }) => ({
      resource: `arn:${PARTITION}:holdfast:::server`,
      subject: await seesEveryAccount(dependencies, call.caller),
    }),
  },
  async ({
    call,
    dependencies,
    subject: isOperator,
  }: Invocation<Readonly<Record<never, never>>, boolean>) => {
    if (!isOperator) return { output: {} }
    const { release, unlockPaths, backup, rehearsal, risks } = await dependencies.serverStatus(call.now)
    return {
      output: {
        Release: release,
        UnlockPaths: unlockPaths.map(({ name, type, isUnattended, provedAt }) => ({
          ...{ Name: name, Type: type, Unattended: isUnattended },
          ProvedDate: provedAt === undefined ? undefined : secondsOf(provedAt),
        })),
        LastBackup: backup && { BackupId: backup.id, Time: secondsOf(backup.at) },
        LastRehearsal: rehearsal && { BackupId: rehearsal.id, Time: secondsOf(rehearsal.at) },
        Risks: risks.map(({ severity, text: message }) => ({ Severity: severity, Message: message })),
      },
    }
  },
)

function secondsOf(at: string): number {
  return Date.parse(at) / 1000
}
