import { defaultKeymap, history, historyKeymap } from '@codemirror/commands'
import { json } from '@codemirror/lang-json'
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language'
import { Compartment, EditorState, type Extension } from '@codemirror/state'
import { EditorView, keymap, lineNumbers, ViewPlugin } from '@codemirror/view'
import { tags } from '@lezer/highlight'

/** Extensions of every view of JSON. Tab leaves the editor: people without a mouse get out of it. */
export function jsonView(label: string): readonly Extension[] {
  return [
    lineNumbers(),
    json(),
    history(),
    keymap.of([...defaultKeymap, ...historyKeymap]),
    EditorView.lineWrapping,
    // The scrolling part around it has to be within reach of the keyboard, so the content says that it is.
    EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0' }),
    followTheme(),
  ]
}

/** The extension that refuses changes, and lets people select and scroll. */
export const READ_ONLY: Extension = EditorState.readOnly.of(true)

/**
 * Returns a root for a view of CodeMirror. In a shadow root it uses constructed style sheets; in the page it inserts a style
 * element, which the content security policy refuses.
 */
export function viewRoot(host: HTMLElement): ShadowRoot {
  const root = host.shadowRoot ?? host.attachShadow({ mode: 'open' })
  root.replaceChildren()
  return root
}

/** Colours of names, texts, and other values: each has a contrast of at least 4.5 to 1 with its background. */
type Colors = readonly [name: string, text: string, other: string]
const LIGHT_COLORS: Colors = ['#0b5d66', '#8a2f00', '#5b21b6']
const DARK_COLORS: Colors = ['#7fd6df', '#ffb68a', '#cbb5ff']

function colors([name, text, other]: Colors): HighlightStyle {
  return HighlightStyle.define([
    { tag: tags.propertyName, color: name },
    { tag: tags.string, color: text },
    { tag: [tags.number, tags.bool, tags.null], color: other },
  ])
}

/** The theme of the page, also when somebody changes it while the view is open. */
function followTheme(): Extension {
  const compartment = new Compartment()
  let shown = isDark()
  return [
    compartment.of(shown ? DARK : LIGHT),
    ViewPlugin.define((view) => {
      const observer = new MutationObserver(() => {
        if (isDark() === shown) return
        shown = isDark()
        view.dispatch({ effects: compartment.reconfigure(shown ? DARK : LIGHT) })
      })
      observer.observe(document.body, { attributes: true, attributeFilter: ['class'] })
      return { destroy: () => observer.disconnect() }
    }),
  ]
}

function isDark(): boolean {
  return document.body.classList.contains('awsui-dark-mode')
}

const shape = {
  '&': { fontSize: '13px', maxHeight: '60vh' },
  '.cm-scroller': { overflow: 'auto' },
  // Few fonts have the mark of the library.
  '.cm-collapsedLines': { '&:before, &:after': { content: '"…"' } },
}
const LIGHT: Extension = [
  syntaxHighlighting(colors(LIGHT_COLORS)),
  EditorView.theme({
    ...shape,
    '&': { ...shape['&'], color: '#0f141a', backgroundColor: '#ffffff' },
  }),
]
const DARK: Extension = [
  syntaxHighlighting(colors(DARK_COLORS)),
  EditorView.theme(
    {
      ...shape,
      '&': { ...shape['&'], color: '#ebebf0', backgroundColor: '#161d26' },
      '.cm-gutters': { backgroundColor: '#161d26', color: '#a4a4ad', border: 'none' },
      '.cm-content': { caretColor: '#ffffff' },
    },
    { dark: true },
  ),
]
