import { separateThreadMemory } from './base/thread-memory.ts'
import { runCommandLine } from './cli/command-line.ts'

separateThreadMemory()
process.exitCode = await runCommandLine(process.argv.slice(2))
