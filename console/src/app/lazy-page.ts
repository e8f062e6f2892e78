import { lazyRouteComponent } from '@tanstack/react-router'
import { setReachable } from '../api/reachable.ts'
import { TEXTS } from '../texts/en.ts'

/**
 * Returns a page that the browser loads when somebody opens its address. The router loads the whole document again when a module
 * is missing; while the server does not respond, that shows an empty page. So a failure has another message here.
 */
export function lazyPage<T extends Record<string, unknown>, N extends keyof T>(
  load: () => Promise<T>,
  name: N,
): ReturnType<typeof lazyRouteComponent<T, N>> {
  const loadOrSay = (): Promise<T> =>
    load().catch((cause: unknown) => {
      setReachable(false)
      throw new Error(TEXTS.common.unreachableMore, { cause })
    })
  return lazyRouteComponent(loadOrSay, name)
}
