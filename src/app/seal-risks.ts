import type { CustodyRisk } from '../compliance/report.ts'
import type { ListedPath } from './seal.ts'

/** The age at which a proof of an unattended path is overdue: the server repeats it after a week. */
const OVERDUE_MS = 14 * 86_400_000

/** What is risky about the unlock paths of a deployment, which may be those of an earlier release; each in one sentence. */
export function sealRisks(paths: readonly ListedPath[] | undefined, now: number): readonly CustodyRisk[] {
  if (paths === undefined) {
    return [
      {
        severity: 'high',
        text: 'root.key is the root key itself: holdfast seal migrate gives the root key unlock paths',
      },
    ]
  }
  const risks: CustodyRisk[] = []
  const add = (severity: CustodyRisk['severity'], text: string): void => void risks.push({ severity, text })
  if (paths.some(({ type }) => type === 'file'))
    add(
      'high',
      'a key in the data folder opens the root key, so a copy of the folder is a copy of every key: add another unlock path, prove it, and remove this one',
    )
  if (paths.length === 1) add('medium', 'there is one unlock path: who loses it loses every key')
  if (paths.length > 1 && !paths.some(({ isProved }) => isProved))
    add('medium', 'no unlock path was proved since paths were last added or removed: holdfast seal prove')
  for (const { name, provedAt, isUnattended, type } of paths) {
    if (type === 'file' || !isUnattended || provedAt === undefined) continue
    if (now - Date.parse(provedAt) > OVERDUE_MS)
      add(
        'medium',
        `the unlock path ${name} has not opened the root key since ${provedAt}: holdfast seal prove`,
      )
  }
  return risks
}
