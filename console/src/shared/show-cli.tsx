import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import Modal from '@cloudscape-design/components/modal'
import { type ReactNode, useState } from 'react'
import { type Call, cliCommand } from '../api/cli.ts'
import { useSession } from '../session/session.ts'
import { TEXTS } from '../texts/en.ts'
import { CopyText } from './copy-text.tsx'

const { common: texts } = TEXTS

/** A button that shows a call as a command line. */
export function ShowCli(shown: Call): ReactNode {
  return <ShowCommands calls={[shown]} />
}

/** A button that shows calls as command lines, in the order in which the console makes them. */
export function ShowCommands({ calls }: { readonly calls: readonly Call[] }): ReactNode {
  const { region } = useSession()
  const [isOpen, setOpen] = useState(false)
  return (
    <>
      <Button variant="inline-link" formAction="none" onClick={() => setOpen(true)}>
        {texts.showCli}
      </Button>
      {isOpen && (
        <Modal visible header={texts.cliTitle} onDismiss={() => setOpen(false)} size="large">
          <Box>
            <CopyText text={calls.map((one) => cliCommand(one, region)).join('\n\n')} isBlock />
          </Box>
        </Modal>
      )}
    </>
  )
}
