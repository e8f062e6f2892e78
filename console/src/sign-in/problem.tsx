import type { ReactNode } from 'react'

/** Shows why a sign-in has failed. */
export function Problem({ text }: { readonly text: string | undefined }): ReactNode {
  if (text === undefined) return null
  return (
    <p role="alert" className="problem">
      {text}
    </p>
  )
}
