import { MergeView } from '@codemirror/merge'
import { type ReactNode, useEffect, useRef } from 'react'
import { jsonView, READ_ONLY, viewRoot } from './code-view.ts'
import './code-editor.css'

type Props = {
  readonly before: string
  readonly after: string
  /** The names of both sides, for screen readers. */
  readonly labels: readonly [before: string, after: string]
}

/** Shows two texts of JSON side by side, with their differences marked. */
export function JsonDiff({ before, after, labels: [left, right] }: Props): ReactNode {
  const host = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (host.current === null) return undefined
    const root = viewRoot(host.current)
    const view = new MergeView({
      a: { doc: before, extensions: [...jsonView(left), READ_ONLY] },
      b: { doc: after, extensions: [...jsonView(right), READ_ONLY] },
      parent: root,
      root,
      collapseUnchanged: { margin: 3, minSize: 6 },
    })
    return () => view.destroy()
  }, [before, after, left, right])
  return <div ref={host} className="code-editor" />
}
