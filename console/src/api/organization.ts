import { call, type OutputOf } from './client.ts'

/** The root or a unit of the organization. */
export type OrganizationNode = NonNullable<OutputOf<'DescribeOrganization'>['Nodes']>[number]

/** The organization, as far as the person sees it. */
export type OrganizationTree = {
  /** Nothing when there is none. */
  readonly id: string | undefined
  readonly management: string | undefined
  readonly nodes: readonly OrganizationNode[]
}

/** Reads the organization, page by page. An organization has at most 1,000 units. */
export async function readOrganization(): Promise<OrganizationTree> {
  const nodes: OrganizationNode[] = []
  let next: string | undefined
  for (;;) {
    const page = await call('DescribeOrganization', next === undefined ? {} : { NextToken: next })
    nodes.push(...(page.Nodes ?? []))
    next = page.NextToken
    if (next === undefined) return { id: page.OrganizationId, management: page.ManagementAccountId, nodes }
  }
}

/** The names from the root to a node. */
export function pathOf(node: OrganizationNode, nodes: readonly OrganizationNode[]): string {
  const names: string[] = []
  let here: OrganizationNode | undefined = node
  // As many levels as there are nodes, at most.
  for (let level = 0; here?.ParentId !== undefined && level < nodes.length; level += 1) {
    names.unshift(here.Name ?? '')
    const parent: string = here.ParentId
    here = nodes.find(({ Id }) => Id === parent)
  }
  return ['Root', ...names].join(' / ')
}
