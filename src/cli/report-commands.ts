import type { Command } from './command.ts'
import { impact } from './impact.ts'
import { materials } from './materials.ts'
import { report } from './report.ts'
import { reportVerify } from './report-verify.ts'

/** The commands that say what is true of keys. */
export const REPORT_COMMANDS: readonly Command[] = [materials, impact, report, reportVerify]
