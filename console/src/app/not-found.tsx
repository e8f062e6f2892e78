import Box from '@cloudscape-design/components/box'
import Link from '@cloudscape-design/components/link'
import type { ReactNode } from 'react'
import { PLACES, useFollow } from '../shared/follow.ts'
import { TEXTS } from '../texts/en.ts'

/** What an address shows that is none of the console's. */
export function NotFound(): ReactNode {
  const follow = useFollow()
  return (
    <Box variant="h1">
      {TEXTS.common.notFound}{' '}
      <Link href={PLACES.home} onFollow={follow}>
        {TEXTS.common.toHome}
      </Link>
    </Box>
  )
}
