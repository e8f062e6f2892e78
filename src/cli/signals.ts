import type { Log } from '../base/log.ts'

/** Signals that stop a server. */
const STOPPING = ['SIGTERM', 'SIGINT', 'SIGQUIT'] as const
/**
 * Signals without a meaning here, whose default action ends the process. On SIGUSR1, Node itself would open a
 * debugger, which can read all memory.
 */
const MEANINGLESS = ['SIGUSR1', 'SIGUSR2'] as const

/**
 * Handles the signals of a serving process, and returns a promise that resolves at the first stop signal. A
 * second one ends the process at once; no other signal does.
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
 * Handles SIGHUP, which then never ends the process, and returns a function that sets the handler. The handler
 * runs once at a time; all signals during a run, or before there is a handler, cause one further run.
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
