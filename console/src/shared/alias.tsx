import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { keyAliases } from '../api/keys.ts'
import { useSession } from '../session/session.ts'
import { TEXTS } from '../texts/en.ts'
import { PlainText } from './plain-text.tsx'

/** The aliases of a key, without their common prefix. */
export function Aliases({ keyId }: { readonly keyId: string }): ReactNode {
  const { region } = useSession()
  const { data } = useQuery(keyAliases(region, keyId))
  if (data === undefined) return ''
  return data.length === 0 ? TEXTS.common.none : <PlainText text={data.map(shortAlias).join(', ')} />
}

/** `payments` of `alias/payments`. */
export function shortAlias(name: string): string {
  return name.replace(/^alias\//, '')
}
