import type { Log } from '../base/log.ts'

/** Those that ask a server to stop. */
const STOPPING = ['SIGTERM', 'SIGINT', 'SIGQUIT'] as const
/**
 * Those that mean nothing here, and would end a process that does not take them. On SIGUSR1 Node itself would open
 * a debugger, which reads all memory.
 */
const MEANINGLESS = ['SIGUSR1', 'SIGUSR2'] as const

/**
 * Takes the signals of a process that serves, and gives what resolves when it is first asked to stop. A second such
 * signal ends it as usual; no other does.
 */
export function takeSignals(log: Log): Promise<void> {
  for (const signal of MEANINGLESS) {
    process.on(signal, () => log.warn('a signal that means nothing here was ignored', { signal }))
  }
  return new Promise((resolve) => {
    const stop = (): void => {
      for (const signal of STOPPING) process.removeListener(signal, stop)
      resolve()
    }
    for (const signal of STOPPING) process.on(signal, stop)
  })
}

/**
 * Takes SIGHUP, so that it never ends the process, and gives what sets its answer. One answer is given after the
 * other; to all that come before there is one, or while one is being given, one more is the answer.
 */
export function takeHangup(log: Log): (answer: () => Promise<void>) => void {
  const state: { asked: boolean; answering: boolean; answer: (() => Promise<void>) | undefined } = {
    asked: false,
    answering: false,
    answer: undefined,
  }
  const giveAnswer = async (): Promise<void> => {
    if (state.answer === undefined || state.answering) return
    state.answering = true
    while (state.asked) {
      state.asked = false
      await state.answer()
    }
    state.answering = false
  }
  const givenOrLogged = (): void => {
    giveAnswer().catch((error: unknown) => log.error('SIGHUP was not answered', { reason: String(error) }))
  }
  process.on('SIGHUP', () => {
    log.info('SIGHUP: the certificate is read again', { signal: 'SIGHUP' })
    state.asked = true
    givenOrLogged()
  })
  return (answer) => {
    state.answer = answer
    givenOrLogged()
  }
}
