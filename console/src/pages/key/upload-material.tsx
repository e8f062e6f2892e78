import DateInput from '@cloudscape-design/components/date-input'
import FileUpload from '@cloudscape-design/components/file-upload'
import FormField from '@cloudscape-design/components/form-field'
import RadioGroup from '@cloudscape-design/components/radio-group'
import SpaceBetween from '@cloudscape-design/components/space-between'
import TimeInput from '@cloudscape-design/components/time-input'
import { type ReactNode, useState } from 'react'
import { call, type InputOf } from '../../api/client.ts'
import { formatBase64 } from '../../shared/bytes.ts'
import { Failure } from '../../shared/failure.tsx'
import { useForm } from '../../shared/form.ts'
import { PermitButton } from '../../shared/may.tsx'
import { ShowCli } from '../../shared/show-cli.tsx'
import { useKeyAction } from '../../shared/use-action.ts'
import { IMPORT_TEXTS as texts } from '../../texts/en/key.ts'
import { TEXTS } from '../../texts/en.ts'
import type { KeyProps } from './key.tsx'

type Props = KeyProps & {
  /** The import token of the first step. */
  readonly token: string | undefined
}

type Expiry = { readonly expires: boolean; readonly date: string; readonly time: string }

/** Uploads wrapped key material, with or without an expiry. */
export function UploadMaterial({ facts, token }: Props): ReactNode {
  const { KeyId, Arn, region } = facts
  const [files, setFiles] = useState<File[]>([])
  const [expiry, change] = useForm<Expiry>({ expires: false, date: '', time: '00:00' })
  const upload = useKeyAction(region, KeyId, {
    run: async () => {
      const bytes = new Uint8Array((await files[0]?.arrayBuffer()) ?? new ArrayBuffer(0))
      await call('ImportKeyMaterial', importInput(KeyId, token ?? '', formatBase64(bytes), expiry))
      setFiles([])
    },
    done: texts.imported,
  })
  const isReady =
    token !== undefined && files.length === 1 && (!expiry.expires || validTo(expiry) !== undefined)
  return (
    <SpaceBetween size="m">
      <FormField
        label={texts.upload}
        description={token === undefined ? texts.tokenFirst : texts.uploadAbout}
      >
        <FileUpload
          value={files}
          onChange={({ detail }) => setFiles(detail.value)}
          showFileSize
          i18nStrings={{
            uploadButtonText: () => texts.choose,
            dropzoneText: () => texts.choose,
            removeFileAriaLabel: () => TEXTS.common.remove,
            limitShowFewer: TEXTS.common.showLess,
            limitShowMore: TEXTS.common.showMore,
            errorIconAriaLabel: TEXTS.common.failed,
          }}
        />
      </FormField>
      <RadioGroup
        ariaLabel={texts.expires}
        value={expiry.expires ? 'expires' : 'never'}
        items={[
          { value: 'never', label: texts.never },
          { value: 'expires', label: texts.expires },
        ]}
        onChange={({ detail }) => change({ expires: detail.value === 'expires' })}
      />
      {expiry.expires && (
        <SpaceBetween direction="horizontal" size="s">
          <FormField label={texts.expiresOn}>
            <DateInput
              value={expiry.date}
              placeholder="YYYY/MM/DD"
              onChange={({ detail }) => change({ date: detail.value })}
            />
          </FormField>
          <FormField label={texts.expiresAt}>
            <TimeInput
              value={expiry.time}
              format="hh:mm"
              placeholder="hh:mm"
              onChange={({ detail }) => change({ time: detail.value })}
            />
          </FormField>
        </SpaceBetween>
      )}
      <PermitButton
        permit={{ action: 'kms:ImportKeyMaterial', resource: Arn }}
        disabled={!isReady}
        loading={upload.isPending}
        onClick={() => upload.mutate(undefined)}
      >
        {texts.import}
      </PermitButton>
      <Failure error={upload.error} />
      <ShowCli
        name="ImportKeyMaterial"
        input={importInput(KeyId, 'fileb://ImportToken.bin', 'fileb://EncryptedKeyMaterial.bin', expiry)}
      />
    </SpaceBetween>
  )
}

function importInput(
  KeyId: string,
  ImportToken: string,
  EncryptedKeyMaterial: string,
  expiry: Expiry,
): InputOf<'ImportKeyMaterial'> {
  const ValidTo = expiry.expires ? validTo(expiry) : undefined
  return {
    ...{ KeyId, ImportToken, EncryptedKeyMaterial },
    ...(ValidTo === undefined
      ? { ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' }
      : { ExpirationModel: 'KEY_MATERIAL_EXPIRES', ValidTo }),
  }
}

function validTo({ date, time }: Expiry): number | undefined {
  const at = Date.parse(`${date.replaceAll('/', '-')}T${time}:00Z`)
  return Number.isNaN(at) ? undefined : at / 1000
}
