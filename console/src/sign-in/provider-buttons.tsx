import { type ReactNode, useEffect, useState } from 'react'
import { listProviders, startOidc } from '../session/session.ts'
import { fill, TEXTS } from '../texts/en.ts'
import { Problem } from './problem.tsx'
import { notePage } from './provider-answer.ts'

const { signIn: texts } = TEXTS

type Props = {
  /** Whether a page is behind the form: the person then signs in in another tab, so that nothing of the page is lost. */
  readonly isOverlay: boolean
}

/** A button for each identity provider; nothing when there are none. */
export function ProviderButtons({ isOverlay }: Props): ReactNode {
  const [providers, setProviders] = useState<readonly string[]>([])
  const [problem, setProblem] = useState<string>()
  const [busy, setBusy] = useState(false)
  useEffect(() => {
    // Without an answer, the other ways to sign in are still there.
    listProviders().then(setProviders, () => undefined)
  }, [])
  const start = (provider: string): void => {
    setBusy(true)
    startOidc(provider)
      .then((location) => {
        if (isOverlay) {
          window.open(location, '_blank', 'noopener')
          setBusy(false)
          return
        }
        notePage()
        window.location.assign(location)
      })
      .catch((error: unknown) => {
        setProblem(error instanceof Error ? error.message : String(error))
        setBusy(false)
      })
  }
  if (providers.length === 0) return null
  return (
    <div className="providers">
      {providers.map((name) => (
        <button type="button" key={name} disabled={busy} onClick={() => start(name)}>
          {fill(texts.withProvider, { name })}
        </button>
      ))}
      <Problem text={problem} />
      <p className="or">{texts.or}</p>
    </div>
  )
}
