import { type Diagnostic, linter, lintGutter } from '@codemirror/lint'
import { EditorState } from '@codemirror/state'
import { EditorView } from '@codemirror/view'
import { type ReactNode, useEffect, useRef } from 'react'
import { jsonView, viewRoot } from './code-view.ts'
import './code-editor.css'

type Props = {
  readonly label: string
  readonly value: string
  readonly onChange: (value: string) => void
  /** Returns problems of a text, with their places. */
  readonly lint?: (text: string) => readonly Diagnostic[] | Promise<readonly Diagnostic[]>
}

/** An editor of JSON. */
export function CodeEditor({ label, value, onChange, lint }: Props): ReactNode {
  const host = useRef<HTMLDivElement>(null)
  const view = useRef<EditorView>(null)
  // The editor lives longer than one rendering: it always calls the present functions.
  const now = useRef({ value, onChange, lint })
  now.current = { value, onChange, lint }
  useEffect(() => {
    if (host.current === null) return undefined
    const root = viewRoot(host.current)
    const editor = new EditorView({
      state: EditorState.create({
        doc: now.current.value,
        extensions: [
          ...jsonView(label),
          lintGutter(),
          linter(async ({ state }) => [...((await now.current.lint?.(state.doc.toString())) ?? [])]),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) now.current.onChange(update.state.doc.toString())
          }),
        ],
      }),
      parent: root,
      root,
    })
    view.current = editor
    return () => editor.destroy()
  }, [label])
  useEffect(() => {
    const editor = view.current
    if (editor === null || editor.state.doc.toString() === value) return
    editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: value } })
  }, [value])
  return <div ref={host} className="code-editor" />
}
