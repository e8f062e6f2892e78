import { fileURLToPath } from 'node:url'
import type { Program } from './function-process.ts'

/** The programs that runtimes need. */
export type RuntimeSettings = {
  /** Runs functions in JavaScript. */
  readonly node: string
  /** A Python that has `awslambdaric`; without it, functions in Python are not offered. */
  readonly python: string | undefined
}

const PROVIDED: readonly string[] = ['provided', 'provided.al2', 'provided.al2023']
const NODE: readonly string[] = ['nodejs18.x', 'nodejs20.x', 'nodejs22.x', 'nodejs24.x', 'nodejs26.x']
const PYTHON: readonly string[] = [
  ...['python3.9', 'python3.10', 'python3.11', 'python3.12', 'python3.13', 'python3.14'],
]

/** The runtimes that this process offers. Source: the service model of Lambda, `Runtime`. */
export function runtimesOf({ python }: RuntimeSettings): ReadonlySet<string> {
  return new Set([...PROVIDED, ...NODE, ...(python === undefined ? [] : PYTHON)])
}

const BOOTSTRAP = fileURLToPath(new URL(import.meta.url.replace(/runtimes(\.[jt]s)$/, 'node-bootstrap$1')))

/** What a process may allocate beyond the memory of its function: stacks of threads and the runtime itself. */
const ALLOWANCE_MB = 1_024
const KB_IN_MB = 1_024

/** How a function is started. JavaScript engines reserve far more than they use, so a limit of the system is not for them. */
export function programOf(
  { node, python }: RuntimeSettings,
  {
    runtime,
    handler,
    memoryMb,
  }: { readonly runtime: string; readonly handler: string; readonly memoryMb: number },
): Program {
  if (runtime.startsWith('nodejs')) {
    return { command: node, args: [`--max-old-space-size=${memoryMb}`, BOOTSTRAP], dataMaxKb: undefined }
  }
  const dataMaxKb = (memoryMb + ALLOWANCE_MB) * KB_IN_MB
  if (runtime.startsWith('python') && python !== undefined) {
    return { command: python, args: ['-m', 'awslambdaric', handler], dataMaxKb }
  }
  return { command: './bootstrap', args: [], dataMaxKb }
}
