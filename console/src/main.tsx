import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { Entry } from './sign-in/entry.tsx'

const root = document.getElementById('root')
if (root === null) throw new Error('the page has no element for the console')
createRoot(root).render(
  <StrictMode>
    <Entry />
  </StrictMode>,
)
