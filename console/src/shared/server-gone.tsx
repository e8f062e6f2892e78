import Button from '@cloudscape-design/components/button'
import type { FlashbarProps } from '@cloudscape-design/components/flashbar'
import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { setReachable, useReachable } from '../api/reachable.ts'
import { TEXTS } from '../texts/en.ts'

const { common: texts } = TEXTS
/** The console asks again this often whether the server responds. */
const RETRY_MS = 3000

/** Returns the banner that stands above every page while the server does not respond; nothing otherwise. */
export function useServerGone(): FlashbarProps.MessageDefinition | undefined {
  const isReachable = useReachable()
  const queries = useQueryClient()
  const retry = async (): Promise<void> => {
    const response = await fetch('/console/', { method: 'HEAD', cache: 'no-store' }).catch(() => undefined)
    if (response === undefined) return
    setReachable(true)
    await queries.refetchQueries({ type: 'active' })
  }
  useEffect(() => {
    if (isReachable) return undefined
    const timer = setInterval(() => void retry(), RETRY_MS)
    return () => clearInterval(timer)
  })
  if (isReachable) return undefined
  return {
    id: 'server-gone',
    type: 'error',
    header: texts.unreachable,
    content: texts.unreachableMore,
    action: <Button onClick={() => void retry()}>{texts.retry}</Button>,
  }
}
