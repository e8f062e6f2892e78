import { type ReactNode, useState } from 'react'
import { hasPasskeys } from '../session/passkey.ts'
import { signInByPasskey } from '../session/session.ts'
import { TEXTS } from '../texts/en.ts'
import { Problem } from './problem.tsx'

const { signIn: texts } = TEXTS

/** Signs in with a passkey alone; nothing at an address where browsers have none. */
export function PasskeyButton(): ReactNode {
  const [problem, setProblem] = useState<string>()
  const [busy, setBusy] = useState(false)
  const start = (): void => {
    setBusy(true)
    setProblem(undefined)
    signInByPasskey().catch((error: unknown) => {
      setProblem(error instanceof Error && !(error instanceof DOMException) ? error.message : texts.noPasskey)
      setBusy(false)
    })
  }
  if (!hasPasskeys()) return null
  return (
    <>
      <Problem text={problem} />
      <button type="button" className="other" disabled={busy} onClick={start}>
        {texts.byPasskey}
      </button>
    </>
  )
}
