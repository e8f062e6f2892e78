import { setFlagsFromString } from 'node:v8'
import { resolveSourcesByName } from './base/source-modules.ts'

// The flag by which the process was started overrides the `resourceLimits` of threads, and each thread would grow to
// the size of the server's young generation. Unset before any thread starts; the heap of this thread stays as it is.
setFlagsFromString('--max-semi-space-size=0')
resolveSourcesByName()
const { runCommandLine } = await import('./cli/command-line.ts')
process.exitCode = await runCommandLine(process.argv.slice(2))
