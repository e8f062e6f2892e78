import { KmsError } from '../../api/errors.ts'
import type { Stored } from '../../store/records.ts'
import { type EntityValue, ROLE } from '../iam-records.ts'

/** The prefix of a service-linked role's path; the service follows. */
export const SERVICE_ROLE_PATH = '/aws-service-role/'

/** The name of a service's role. */
type ServiceRole = {
  /** After {@link NAME_PREFIX}. */
  readonly name: string
  /** Whether there may be several, distinguished by a suffix. */
  readonly suffix: boolean
}

const NAME_PREFIX = 'AWSServiceRoleFor'

/** Services by the names of their roles. Source: AWS's guides of the services, "Using service-linked roles". */
const NAMES: Readonly<Record<string, string>> = {
  'access-analyzer.amazonaws.com': 'AccessAnalyzer',
  'autoscaling.amazonaws.com': 'AutoScaling',
  'backup.amazonaws.com': 'Backup',
  'batch.amazonaws.com': 'Batch',
  'channels.lex.amazonaws.com': 'LexChannels',
  'cks.kms.amazonaws.com': 'KeyManagementServiceCustomKeyStores',
  'cloud9.amazonaws.com': 'AWSCloud9',
  'cloudhsm.amazonaws.com': 'CloudHSM',
  'cloudtrail.amazonaws.com': 'CloudTrail',
  'cloudwatch-crossaccount.amazonaws.com': 'CloudWatchCrossAccount',
  'compute-optimizer.amazonaws.com': 'ComputeOptimizer',
  'config.amazonaws.com': 'Config',
  'connect.amazonaws.com': 'AmazonConnect',
  'dax.amazonaws.com': 'DAX',
  'delivery.logs.amazonaws.com': 'LogDelivery',
  'dynamodb.application-autoscaling.amazonaws.com': 'ApplicationAutoScaling_DynamoDBTable',
  'ecs.amazonaws.com': 'ECS',
  'ecs.application-autoscaling.amazonaws.com': 'ApplicationAutoScaling_ECSService',
  'eks-fargate.amazonaws.com': 'AmazonEKSForFargate',
  'eks-nodegroup.amazonaws.com': 'AmazonEKSNodegroup',
  'eks.amazonaws.com': 'AmazonEKS',
  'elasticache.amazonaws.com': 'ElastiCache',
  'elasticbeanstalk.amazonaws.com': 'ElasticBeanstalk',
  'elasticfilesystem.amazonaws.com': 'AmazonElasticFileSystem',
  'elasticloadbalancing.amazonaws.com': 'ElasticLoadBalancing',
  'elasticmapreduce.amazonaws.com': 'EMRCleanup',
  'es.amazonaws.com': 'AmazonElasticsearchService',
  'events.amazonaws.com': 'CloudWatchEvents',
  'fms.amazonaws.com': 'FMS',
  'fsx.amazonaws.com': 'AmazonFSx',
  'globalaccelerator.amazonaws.com': 'GlobalAccelerator',
  'guardduty.amazonaws.com': 'AmazonGuardDuty',
  'imagebuilder.amazonaws.com': 'ImageBuilder',
  'inspector2.amazonaws.com': 'AmazonInspector2',
  'kafka.amazonaws.com': 'Kafka',
  'lakeformation.amazonaws.com': 'LakeFormationDataAccess',
  'lex.amazonaws.com': 'LexBots',
  'lexv2.amazonaws.com': 'LexV2Bots',
  'logger.cloudfront.amazonaws.com': 'CloudFrontLogger',
  'macie.amazonaws.com': 'AmazonMacie',
  'memorydb.amazonaws.com': 'MemoryDB',
  'mq.amazonaws.com': 'AmazonMQ',
  'mrk.kms.amazonaws.com': 'KeyManagementServiceMultiRegionKeys',
  'network-firewall.amazonaws.com': 'NetworkFirewall',
  'opensearchservice.amazonaws.com': 'AmazonOpenSearchService',
  'ops.apigateway.amazonaws.com': 'APIGateway',
  'organizations.amazonaws.com': 'Organizations',
  'ram.amazonaws.com': 'ResourceAccessManager',
  'rds.amazonaws.com': 'RDS',
  'rds.application-autoscaling.amazonaws.com': 'ApplicationAutoScaling_RDSCluster',
  'redshift.amazonaws.com': 'Redshift',
  'replication.dynamodb.amazonaws.com': 'DynamoDBReplication',
  'replication.ecr.amazonaws.com': 'ECRReplication',
  'replicator.lambda.amazonaws.com': 'LambdaReplicator',
  'securityhub.amazonaws.com': 'SecurityHub',
  'servicequotas.amazonaws.com': 'ServiceQuotas',
  'spot.amazonaws.com': 'EC2Spot',
  'spotfleet.amazonaws.com': 'EC2SpotFleet',
  'ssm.amazonaws.com': 'AmazonSSM',
  'sso.amazonaws.com': 'SSO',
  'support.amazonaws.com': 'Support',
  'transitgateway.amazonaws.com': 'VPCTransitGateway',
  'trustedadvisor.amazonaws.com': 'TrustedAdvisor',
  'wafv2.amazonaws.com': 'WAFV2Logging',
}

/** Services whose roles take a suffix. Source: the same. */
const WITH_SUFFIX: ReadonlySet<string> = new Set([
  'autoscaling.amazonaws.com',
  'connect.amazonaws.com',
  'lexv2.amazonaws.com',
])

/** The services with a role of their own, by their principals. */
export const SERVICE_ROLES: ReadonlyMap<string, ServiceRole> = new Map(
  Object.entries(NAMES).map(([service, name]) => [service, { name, suffix: WITH_SUFFIX.has(service) }]),
)

const ROLE_NAME_MAX_CHARS = 64

/** The name of a service's role. @throws InvalidInputException. */
export function serviceRoleName(service: string, suffix: string | undefined): string {
  const role = SERVICE_ROLES.get(service)
  if (role === undefined) throw invalid(`${service} has no service-linked role.`)
  if (suffix === undefined) return NAME_PREFIX + role.name
  // Source: recorded answers of IAM.
  if (!role.suffix) throw invalid(`Custom suffix is not allowed for ${service}`)
  const name = `${NAME_PREFIX}${role.name}_${suffix}`
  if (name.length <= ROLE_NAME_MAX_CHARS) return name
  throw invalid(`The role name ${name} is longer than ${ROLE_NAME_MAX_CHARS} characters.`)
}

/** The trust policy of a service's role. */
export function serviceRoleTrust(service: string): string {
  const statement = { Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' }
  return JSON.stringify({ Version: '2012-10-17', Statement: [statement] })
}

/** Whether an entity is the role of a service. */
export function isServiceLinked({ kind, value }: Stored<EntityValue>): boolean {
  return kind === ROLE.name && value.path.startsWith(SERVICE_ROLE_PATH)
}

/**
 * Refuses a change of a service's role.
 *
 * @throws UnmodifiableEntityException with the recorded text of IAM.
 */
export function refuseServiceLinked(entity: Stored<EntityValue>): void {
  if (!isServiceLinked(entity)) return
  throw new KmsError(
    'UnmodifiableEntityException',
    `Cannot perform the operation on the protected role '${entity.value.name}' - this role is only modifiable by AWS`,
  )
}

function invalid(message: string): KmsError {
  return new KmsError('InvalidInputException', message)
}
