import Alert from '@cloudscape-design/components/alert'
import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import FormField from '@cloudscape-design/components/form-field'
import Header from '@cloudscape-design/components/header'
import Select from '@cloudscape-design/components/select'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useMutation } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { call, type OutputOf } from '../../api/client.ts'
import { parseBase64 } from '../../shared/bytes.ts'
import { CopyText } from '../../shared/copy-text.tsx'
import { saveFile } from '../../shared/csv.ts'
import { Failure } from '../../shared/failure.tsx'
import { showTime } from '../../shared/form.ts'
import { PermitButton } from '../../shared/may.tsx'
import { ShowCli } from '../../shared/show-cli.tsx'
import { useKeyAction } from '../../shared/use-action.ts'
import { IMPORT_TEXTS as texts } from '../../texts/en/key.ts'
import { fill } from '../../texts/en.ts'
import { FILES, importCommands, type WrappingAlgorithm, wrappingAlgorithms } from './import-commands.ts'
import type { KeyProps } from './key.tsx'
import { UploadMaterial } from './upload-material.tsx'

const BINARY = 'application/octet-stream'

/** The import of key material, in three steps: parameters, wrapping, upload. */
export function ImportTab({ facts }: KeyProps): ReactNode {
  const { KeyId, KeySpec = '', KeyState, Arn, region } = facts
  const algorithms = wrappingAlgorithms(KeySpec)
  const [chosen, setChosen] = useState<WrappingAlgorithm>()
  const algorithm = chosen ?? algorithms[0] ?? 'RSA_AES_KEY_WRAP_SHA_256'
  const input = { KeyId, WrappingAlgorithm: algorithm, WrappingKeySpec: 'RSA_4096' as const }
  const parameters = useMutation({ mutationFn: () => call('GetParametersForImport', input) })
  const [firstStep, secondStep, thirdStep] = texts.steps
  return (
    <SpaceBetween size="l">
      <Alert type={KeyState === 'PendingImport' ? 'warning' : 'info'}>
        {KeyState === 'PendingImport' ? texts.waits : texts.has}
      </Alert>
      <Container header={<Header variant="h2">{`1. ${firstStep}`}</Header>}>
        <SpaceBetween size="m">
          <FormField label={texts.algorithm}>
            <Select
              selectedOption={{ value: algorithm, label: algorithm }}
              options={algorithms.map((value) => ({ value, label: value }))}
              onChange={({ detail }) =>
                setChosen(algorithms.find((one) => one === detail.selectedOption.value))
              }
            />
          </FormField>
          <PermitButton
            permit={{ action: 'kms:GetParametersForImport', resource: Arn }}
            loading={parameters.isPending}
            onClick={() => parameters.mutate()}
          >
            {texts.get}
          </PermitButton>
          <Failure error={parameters.error} />
          {parameters.data !== undefined && <Downloads parameters={parameters.data} />}
          <ShowCli name="GetParametersForImport" input={input} />
        </SpaceBetween>
      </Container>
      <Container header={<Header variant="h2">{`2. ${secondStep}`}</Header>}>
        <SpaceBetween size="m">
          <Box>
            {texts.commands} {fill(texts.material, { file: FILES.material })}
          </Box>
          <CopyText text={importCommands(KeySpec, algorithm)} isBlock />
        </SpaceBetween>
      </Container>
      <Container header={<Header variant="h2">{`3. ${thirdStep}`}</Header>}>
        <UploadMaterial facts={facts} token={parameters.data?.ImportToken} />
      </Container>
      {KeyState !== 'PendingImport' && <DeleteMaterial keyId={KeyId} arn={Arn} region={region} />}
    </SpaceBetween>
  )
}

function Downloads({ parameters }: { readonly parameters: OutputOf<'GetParametersForImport'> }): ReactNode {
  const { PublicKey = '', ImportToken = '', ParametersValidTo } = parameters
  return (
    <SpaceBetween size="s">
      <Box>{fill(texts.validTo, { time: showTime(ParametersValidTo) })}</Box>
      <SpaceBetween direction="horizontal" size="xs">
        <Button onClick={() => saveFile(FILES.wrappingKey, parseBase64(PublicKey), BINARY)}>
          {texts.downloadKey}
        </Button>
        <Button onClick={() => saveFile(FILES.token, parseBase64(ImportToken), BINARY)}>
          {texts.downloadToken}
        </Button>
      </SpaceBetween>
    </SpaceBetween>
  )
}

type DeleteProps = { readonly keyId: string; readonly arn: string; readonly region: string }

function DeleteMaterial({ keyId, arn, region }: DeleteProps): ReactNode {
  const remove = useKeyAction(region, keyId, {
    run: () => call('DeleteImportedKeyMaterial', { KeyId: keyId }),
    done: texts.deleted,
  })
  return (
    <SpaceBetween size="s">
      <PermitButton
        permit={{ action: 'kms:DeleteImportedKeyMaterial', resource: arn }}
        loading={remove.isPending}
        onClick={() => remove.mutate(undefined)}
      >
        {texts.delete}
      </PermitButton>
      <Failure error={remove.error} />
      <ShowCli name="DeleteImportedKeyMaterial" input={{ KeyId: keyId }} />
    </SpaceBetween>
  )
}
