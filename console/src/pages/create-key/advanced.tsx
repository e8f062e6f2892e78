import AttributeEditor from '@cloudscape-design/components/attribute-editor'
import Checkbox from '@cloudscape-design/components/checkbox'
import ExpandableSection from '@cloudscape-design/components/expandable-section'
import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import Link from '@cloudscape-design/components/link'
import Select from '@cloudscape-design/components/select'
import SpaceBetween from '@cloudscape-design/components/space-between'
import Tiles from '@cloudscape-design/components/tiles'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { keyStores } from '../../api/key-stores.ts'
import { useSession } from '../../session/session.ts'
import { Failure } from '../../shared/failure.tsx'
import { PLACES, useFollow } from '../../shared/follow.ts'
import { visibleText } from '../../shared/plain-text.tsx'
import { WIZARD_TEXTS as texts } from '../../texts/en/wizard.ts'
import { TEXTS } from '../../texts/en.ts'
import { isExternalKey, isReplicaRegion, mayReplicate } from './draft.ts'
import { type Origin, originProblem } from './kinds.ts'
import type { StepProps } from './steps.tsx'

const ORIGINS: readonly Origin[] = ['AWS_KMS', 'EXTERNAL', 'EXTERNAL_KEY_STORE', 'AWS_CLOUDHSM']

/** Where the key material comes from, and in which regions the key is. */
export function Advanced({ draft, change }: StepProps): ReactNode {
  const inStore = draft.origin === 'EXTERNAL_KEY_STORE'
  return (
    <ExpandableSection variant="container" headerText={TEXTS.create.advanced}>
      <SpaceBetween size="l">
        <FormField label={TEXTS.create.origin} stretch>
          <Tiles
            ariaLabel={TEXTS.create.origin}
            columns={2}
            value={draft.origin}
            onChange={({ detail }) => {
              const origin = ORIGINS.find((one) => one === detail.value)
              if (origin === undefined) return
              change(origin === 'EXTERNAL_KEY_STORE' ? { origin, multiRegion: false } : { origin })
            }}
            items={ORIGINS.map((value) => {
              const [label, about] = texts.origins[value]
              const problem = originProblem(value, draft.spec)
              const description = problem === undefined ? about : texts.problems[problem]
              return { value, label, description, disabled: problem !== undefined }
            })}
          />
        </FormField>
        {inStore && <StoreFields draft={draft} change={change} />}
        <Checkbox
          checked={draft.multiRegion}
          disabled={inStore}
          description={inStore ? texts.noMultiRegion : TEXTS.create.multiRegionAbout}
          onChange={({ detail }) => change({ multiRegion: detail.checked })}
        >
          {TEXTS.create.multiRegion}
        </Checkbox>
        {draft.multiRegion && <Replicas draft={draft} change={change} />}
      </SpaceBetween>
    </ExpandableSection>
  )
}

function StoreFields({ draft, change }: StepProps): ReactNode {
  const { region } = useSession()
  const follow = useFollow()
  const { data, error } = useQuery(keyStores(region))
  const options = (data ?? []).map(({ CustomKeyStoreId = '', CustomKeyStoreName = '', ConnectionState }) => ({
    value: CustomKeyStoreId,
    label: visibleText(CustomKeyStoreName),
    description: CustomKeyStoreId,
    disabled: ConnectionState !== 'CONNECTED',
    disabledReason: texts.notConnected,
  }))
  return (
    <SpaceBetween size="m">
      <Failure error={error} />
      <FormField
        label={texts.store}
        description={texts.storeAbout}
        constraintText={
          <Link href={PLACES.keyStores} onFollow={follow} fontSize="body-s">
            {texts.stores}
          </Link>
        }
      >
        <Select
          selectedOption={options.find(({ value }) => value === draft.store) ?? null}
          options={options}
          placeholder={texts.chooseStore}
          empty={texts.noStores}
          statusType={data === undefined && error === null ? 'loading' : 'finished'}
          onChange={({ detail }) => change({ store: detail.selectedOption.value ?? '' })}
        />
      </FormField>
      <FormField
        label={texts.xksKey}
        description={texts.xksKeyAbout}
        errorText={draft.xksKey === '' || isExternalKey(draft.xksKey) ? undefined : texts.xksKeyWrong}
      >
        <Input value={draft.xksKey} onChange={({ detail }) => change({ xksKey: detail.value.trim() })} />
      </FormField>
    </SpaceBetween>
  )
}

function Replicas({ draft, change }: StepProps): ReactNode {
  const { region } = useSession()
  const { replicas } = draft
  if (!mayReplicate(draft)) return <FormField label={texts.replicas} description={texts.replicateLater} />
  const isTwice = (text: string): boolean => replicas.filter((one) => one === text).length > 1
  return (
    <FormField label={texts.replicas} description={texts.replicasAbout} stretch>
      <AttributeEditor
        items={replicas}
        addButtonText={texts.addReplica}
        removeButtonText={TEXTS.common.remove}
        empty={texts.noReplicas}
        onAddButtonClick={() => change({ replicas: [...replicas, ''] })}
        onRemoveButtonClick={({ detail }) =>
          change({ replicas: replicas.filter((_, at) => at !== detail.itemIndex) })
        }
        definition={[
          {
            label: texts.replicaRegion,
            errorText: (item) =>
              item === '' || (isReplicaRegion(item, region) && !isTwice(item))
                ? undefined
                : texts.regionWrong,
            control: (item, index) => (
              <Input
                value={item}
                placeholder={texts.regionExample}
                onChange={({ detail }) =>
                  change({ replicas: replicas.map((one, at) => (at === index ? detail.value.trim() : one)) })
                }
              />
            ),
          },
        ]}
      />
    </FormField>
  )
}
