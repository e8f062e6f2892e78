import type { Command } from './command.ts'
import { ACCESS_COMMANDS } from './commands/access.ts'
import { ACCOUNT_COMMANDS } from './commands/account.ts'
import { AUDIT_COMMANDS } from './commands/audit.ts'
import { BACKUP_COMMANDS } from './commands/backup.ts'
import { EVENT_COMMANDS } from './commands/events.ts'
import { LAMBDA_COMMANDS } from './commands/lambda.ts'
import { CONTROL_COMMANDS, ORGANIZATION_COMMANDS } from './commands/organization.ts'
import { PROGRAM_COMMANDS } from './commands/programs.ts'
import { REPORT_COMMANDS } from './commands/report.ts'
import { ROTATE_COMMANDS } from './commands/rotate.ts'
import { S3_COMMANDS } from './commands/s3.ts'
import { SEAL_COMMANDS } from './commands/seal.ts'
import { SERVER_COMMANDS } from './commands/server.ts'
import { completionCommand } from './commands/shell.ts'
import { USAGE_COMMANDS } from './commands/usage.ts'
import { VOLUME_COMMANDS } from './commands/volume.ts'
import { XKS_PROXY_COMMANDS } from './commands/xks-proxy.ts'

/** Every command, in the order of help and of the reference page. */
export const COMMANDS: readonly Command[] = [
  ...SERVER_COMMANDS,
  ...SEAL_COMMANDS,
  ...BACKUP_COMMANDS,
  ...ROTATE_COMMANDS,
  ...ACCOUNT_COMMANDS,
  ...ORGANIZATION_COMMANDS,
  ...CONTROL_COMMANDS,
  ...AUDIT_COMMANDS,
  ...USAGE_COMMANDS,
  ...ACCESS_COMMANDS,
  ...REPORT_COMMANDS,
  ...EVENT_COMMANDS,
  ...PROGRAM_COMMANDS,
  ...XKS_PROXY_COMMANDS,
  ...S3_COMMANDS,
  ...LAMBDA_COMMANDS,
  ...VOLUME_COMMANDS,
  completionCommand(() => COMMANDS),
]
