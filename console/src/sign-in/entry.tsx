import { lazy, type ReactNode, Suspense, useEffect, useState } from 'react'
import { resumeOrSignOut, useSessionState } from '../session/session.ts'
import { TEXTS } from '../texts/en.ts'
import { parseLink, takeLink } from './link.ts'
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
  const [pasted, setPasted] = useState<string>()
  const [answer, setAnswer] = useState(takeProviderAnswer)
  useEffect(() => {
    // Whoever opens a link wants to be whom it is for, whatever session the browser has.
    if (link === undefined && answer === undefined) resumeOrSignOut()
  }, [link, answer])
  useEffect(() => {
    // A link in the address of a page that is open changes its hash alone: the browser does not load the page again.
    const take = (): void => {
      if (parseLink(window.location.hash) === undefined) return
      // What was typed into the page is still there when somebody signs in again.
      if (session.state === 'ended') setPasted(takeLink())
      else window.location.reload()
    }
    window.addEventListener('hashchange', take)
    return () => window.removeEventListener('hashchange', take)
  }, [session.state])
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
          {session.state === 'ended' && <SignIn key={pasted} link={pasted} isOverlay />}
        </Suspense>
      )
  }
}
