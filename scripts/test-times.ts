/**
 * Runs test files one at a time and prints the CPU time of each, the highest first. The CPU time covers the file's
 * process and the child processes that it waited for. Unlike elapsed time, it hardly depends on other work of the
 * machine.
 *
 * Usage: npm run test:times [-- PATTERN...]   (default: the patterns of `npm test`)
 */

import { spawn } from 'node:child_process'
import { globSync } from 'node:fs'
import { readFile } from 'node:fs/promises'

type FileTime = {
  readonly file: string
  readonly cpuSeconds: number
  readonly wallSeconds: number
  readonly tests: number
  readonly passed: boolean
}

const given = process.argv.slice(2)
const patterns = given.length > 0 ? given : await patternsOfNpmTest()
const times: FileTime[] = []
for (const file of [...new Set(globSync(patterns))].sort()) {
  const time = await measure(file)
  times.push(time)
  process.stderr.write(`${line(time)}${time.passed ? '' : ': fails'}\n`)
}
report(times)
process.exitCode = times.every((time) => time.passed) ? 0 : 1

async function patternsOfNpmTest(): Promise<string[]> {
  const { scripts }: { readonly scripts: Readonly<Record<string, string>> } = JSON.parse(
    await readFile('package.json', 'utf8'),
  )
  return [...(scripts['test'] ?? '').matchAll(/"([^"]+\.test\.ts)"/g)].map((match) => match[1] ?? '')
}

/** Runs one file in a shell, which reports the CPU time of its children. */
async function measure(file: string): Promise<FileTime> {
  const started = performance.now()
  const script = '"$@"; status=$?; times >&2; exit $status'
  const child = spawn('sh', ['-c', script, 'sh', process.execPath, '--test-reporter=tap', file], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const said = { output: '', errors: '' }
  child.stdout.on('data', (chunk) => {
    said.output += String(chunk)
  })
  child.stderr.on('data', (chunk) => {
    said.errors += String(chunk)
  })
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return {
    file,
    cpuSeconds: parseTimes(said.errors),
    wallSeconds: (performance.now() - started) / 1000,
    tests: Number(/^# tests (\d+)$/m.exec(said.output)?.[1] ?? 0),
    passed: status === 0,
  }
}

/** Parses the last line of `times`: user and system time of children, such as `1m2.345s 0m0.678s`. */
function parseTimes(errors: string): number {
  const last = errors.trimEnd().split('\n').at(-1) ?? ''
  return [...last.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds),
    0,
  )
}

function report(all: readonly FileTime[]): void {
  const total = {
    file: `${all.length} files`,
    cpuSeconds: sum(all, (time) => time.cpuSeconds),
    wallSeconds: sum(all, (time) => time.wallSeconds),
    tests: sum(all, (time) => time.tests),
  }
  const sorted = all.toSorted((a, b) => b.cpuSeconds - a.cpuSeconds)
  process.stdout.write(['cpu s    wall s   tests  file', ...[...sorted, total].map(line), ''].join('\n'))
}

function line({ file, cpuSeconds, wallSeconds, tests }: Omit<FileTime, 'passed'>): string {
  const numbers = [cpuSeconds.toFixed(1).padEnd(8), wallSeconds.toFixed(1).padEnd(8), String(tests).padEnd(6)]
  return `${numbers.join(' ')} ${file}`
}

function sum(all: readonly FileTime[], amountOf: (time: FileTime) => number): number {
  return all.reduce((total, time) => total + amountOf(time), 0)
}
