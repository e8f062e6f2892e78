import { Secret } from '../base/secret.ts'
import { askTerminal, showAtTerminal } from '../base/terminal.ts'
import type { AskPassphrase } from '../custody/roots/passphrase.ts'
import { SealError } from '../custody/roots/root.ts'
import { SHARE_MAX_BYTES } from '../custody/roots/share-text.ts'
import type { Holders, NewShare, ShareQuestion } from '../custody/roots/shares.ts'

/** Groups of a share on one line. */
const GROUPS_PER_LINE = 6
const GROUP_BYTES = 6
/** Erases what is on the screen, and what it has scrolled away. Source: xterm, "Control Sequences": ED. */
const ERASE_SCREEN = '\u001b[H\u001b[2J\u001b[3J'

/** The people at the terminal of the process, or who write to the input that `ask` reads. */
export function holdersOf(ask: AskPassphrase): Holders {
  return {
    ask: ({ name, signal, ...share }) => ask({ name, isNew: false, signal, share }),
    show: showShare,
  }
}

/** The line that asks for a share. */
export function shareQuestion(
  name: string,
  { confirms, given, problem }: Pick<ShareQuestion, 'confirms' | 'given' | 'problem'>,
): string {
  const wrong = problem === undefined ? '' : `${problem}.\n`
  if (confirms !== undefined) return `${wrong}Share ${confirms} of path ${name}, as it is on paper: `
  const present = given.length === 0 ? '' : ` (given: ${given.join(', ')})`
  return `${wrong}A share of path ${name}${present}: `
}

/** Shows a share once, until its holder has written it down. @throws SealError without a terminal. */
async function showShare({ name, number, shares, threshold, text, signal }: NewShare): Promise<void> {
  const head = `${ERASE_SCREEN}Share ${number} of ${shares} of path ${name}; any ${threshold} open it. For its holder alone: write it down.\n\n`
  using page = text.reveal((bytes) => pageOf(head, bytes))
  const isShown = page.reveal((bytes) => showAtTerminal(bytes))
  using pressed = isShown
    ? await askTerminal('\nPress Enter when it is on paper: it is not shown again. ', {
        maxBytes: SHARE_MAX_BYTES,
        signal,
      })
    : undefined
  if (pressed === undefined) throw new SealError('shares are shown at a terminal, and there is none')
  showAtTerminal(Buffer.from(ERASE_SCREEN))
}

/** The head, and the groups in lines. */
function pageOf(head: string, text: Uint8Array): Secret {
  const lines = Math.ceil((text.length + 1) / (GROUP_BYTES * GROUPS_PER_LINE))
  const page = Buffer.alloc(head.length + lines * (GROUP_BYTES * GROUPS_PER_LINE + 2))
  let at = page.write(head, 'latin1')
  for (let line = 0; line < lines; line += 1) {
    at += page.write('  ', at)
    const part = text.subarray(
      line * GROUP_BYTES * GROUPS_PER_LINE,
      (line + 1) * GROUP_BYTES * GROUPS_PER_LINE - 1,
    )
    page.set(part, at)
    at += part.length + page.write('\n', at + part.length)
  }
  return new Secret(page.subarray(0, at))
}
