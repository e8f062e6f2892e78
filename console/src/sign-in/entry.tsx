import { lazy, type ReactNode, Suspense, useEffect, useState } from 'react'
import { resumeOrSignOut, useSessionState } from '../session/session.ts'
import { TEXTS } from '../texts/en.ts'
import { takeLink } from './link.ts'
import { takeProviderAnswer } from './provider-answer.ts'
import { ProviderReturn } from './provider-return.tsx'
import { SignIn } from './sign-in.tsx'
import './sign-in.css'

// The page of sign-in is small: what comes after it is loaded when somebody has signed in.
const App = lazy(() => import('../app/app.tsx').then(({ App }) => ({ default: App })))

/** Shows the sign-in page, or the console. */
export function Entry(): ReactNode {
  const session = useSessionState()
  const [link] = useState(takeLink)
  const [answer, setAnswer] = useState(takeProviderAnswer)
  useEffect(() => {
    // Whoever opens a link wants to be whom it is for, whatever session the browser has.
    if (link === undefined && answer === undefined) resumeOrSignOut()
  }, [link, answer])
  if (answer !== undefined && session.state === 'unknown') {
    return <ProviderReturn answer={answer} onAgain={() => setAnswer(undefined)} />
  }
  if (link !== undefined && session.state === 'unknown') return <SignIn link={link} />
  switch (session.state) {
    case 'unknown':
      return <p className="wait">{TEXTS.signIn.wait}</p>
    case 'signed out':
      return <SignIn link={undefined} />
    case 'signed in':
    case 'ended':
      return (
        <Suspense fallback={<p className="wait">{TEXTS.signIn.wait}</p>}>
          <App />
          {session.state === 'ended' && <SignIn link={undefined} isOverlay />}
        </Suspense>
      )
  }
}
