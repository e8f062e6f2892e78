import CopyToClipboard from '@cloudscape-design/components/copy-to-clipboard'
import type { ReactNode } from 'react'
import { TEXTS } from '../texts/en.ts'
import './copy-text.css'

const { common: texts } = TEXTS

type Props = {
  readonly text: string
  /** Whether it is shown as a block of code. */
  readonly isBlock?: boolean
}

/** A text with a button that copies it. */
export function CopyText({ text, isBlock = false }: Props): ReactNode {
  const copy = {
    copyButtonAriaLabel: texts.copy,
    copySuccessText: texts.copied,
    copyErrorText: texts.notCopied,
  }
  if (!isBlock) return <CopyToClipboard variant="inline" textToCopy={text} {...copy} />
  return (
    <div className="copy-block">
      <pre>{text}</pre>
      <CopyToClipboard variant="icon" textToCopy={text} {...copy} />
    </div>
  )
}
