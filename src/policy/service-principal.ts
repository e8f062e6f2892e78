/**
 * AWS's services by the last label of their principals: `ec2` for `ec2.amazonaws.com`, `application-autoscaling` for
 * `ecs.application-autoscaling.amazonaws.com`. Source: the principals that AWS's documentation of services names, and
 * the endpoints of their models.
 */
const SERVICES: ReadonlySet<string> = new Set(
  `
  a4b access-analyzer account acm acm-pca aidevops aiops airflow airflow-env airflow-serverless amplify amplifybackend
  amplifyuibuilder aoss apigateway app-integrations appconfig appfabric appflow application-autoscaling
  application-cost-profiler application-insights application-signals applicationinsights appmesh appmesh-preview
  apprunner appstream appstudio appsync apptest aps arc-region-switch arc-zonal-shift artifact athena auditmanager
  autoscaling autoscaling-plans aws-artifact aws-marketplace b2bi backup backup-gateway backup-search batch
  bcm-data-exports bedrock bedrock-agentcore billing billingconductor billingreports braket budgets bugbust cases
  cassandra ce chatbot chime cleanrooms cleanrooms-ml cloud9 clouddirectory cloudformation cloudfront cloudhsm
  cloudsearch cloudtrail cloudwatch cloudwatch-crossaccount codeartifact codebuild codecatalyst codecatalyst-runner
  codecommit codeconnections codedeploy codeguru-profiler codeguru-reviewer codeguru-security codepipeline codestar
  codestar-connections codestar-notifications codewhisperer cognito-identity cognito-idp cognito-sync comprehend
  comprehendmedical compute-optimizer config config-conforms config-multiaccountsetup connect connect-campaigns
  connecthealth contact-lens controlcatalog controltower cost-optimization-hub costalerts crowdscale-usagelimit cur
  databrew dataexchange datapipeline datasync datazone dax deadline deepcomposer deeplens deepracer delegated delivery
  detective devicefarm devops-agent devops-guru directconnect discovery dlm dms dms-data-migrations dms-fleet-advisor
  docdb docdb-elastic drs ds dsql dynamodb ebs ec2 ec2-instance-connect ec2fleet ec2scheduled ecr ecr-public ecs
  ecs-tasks edgelambda eks eks-auth eks-connector eks-fargate eks-fargate-pods eks-nodegroup elasticache
  elasticbeanstalk elasticfilesystem elasticloadbalancing elasticmapreduce elastictranscoder elemental-inference email
  emr-containers emr-serverless emr-wal entityresolution es events evidently evs execute-api finspace finspace-api
  firehose fis fms forecast frauddetector freertos freetier fsx gamelift gameliftstreams geo glacier globalaccelerator
  glue grafana greengrass groundstation guardduty health healthlake honeycode iam identitystore imagebuilder
  importexport incidentmanager inspector inspector2 interconnect internetmonitor invoicing iot iotanalytics
  iotdeviceadvisor iotevents iotfleethub iotfleetwise iotmanagedintegrations iotroborunner iotsitewise iotthingsgraph
  iottwinmaker iotwireless ipam ivs ivschat kafka kafkaconnect kendra kinesis kinesisanalytics kinesisvideo kms
  lakeformation lambda launchwizard lex lexv2 license-manager license-manager-linux-subscriptions
  license-manager-user-subscriptions lightsail location logs lookoutequipment lookoutmetrics lookoutvision m2
  machinelearning macie macie2 mail-manager managedblockchain marketplace master-account mediaconnect mediaconvert
  medialive mediapackage mediapackagev2 mediastore mediatailor medical-imaging member-account memory-db memorydb mgh
  mgn migration-hub-refactor-spaces migrationhub migrationhub-config migrationhub-orchestrator migrationhub-strategy
  mobileanalytics mobilehub mobiletargeting monitoring monitron mpa mq mturk-requester neptune neptune-db
  neptune-graph network-firewall networkflowmonitor networkmanager networkmonitor nimble notifications
  notifications-contacts nova-act oam observabilityadmin odb omics opensearch opensearchserverless opensearchservice
  opsworks opsworks-cm organizations osis osis-pipelines outposts panorama partnercentral payment-cryptography
  pca-connector-ad pca-connector-scep pcs personalize pi pinpoint pipes polly pricing private-networks profile proton
  q qapps qbusiness qconnect qdeveloper qldb quicksight ram rbin rds rds-data redshift redshift-data
  redshift-serverless refactor-spaces rekognition replication repostspace resiliencehub resource-explorer-2
  resource-groups robomaker rolesanywhere route53 route53-recovery-control-config route53-recovery-readiness
  route53domains route53globalresolver route53profiles route53resolver rtbfabric rum s3 s3-object-lambda s3-outposts
  s3express s3files s3tables s3vectors sagemaker sagemaker-geospatial savingsplans scheduler schemas secretsmanager
  security-ir securityagent securityhub securitylake serverlessrepo servicecatalog servicecatalog-appregistry
  servicediscovery servicequotas ses shield signer signin simspaceweaver sms sms-voice snow-device-management snowball
  sns social-messaging spot spotfleet sqs ssm ssm-contacts ssm-guiconnect ssm-incidents ssm-quicksetup ssm-sap sso
  states storagegateway streams sts sumerian supplychain support supportapp sustainability swf synthetics tag textract
  thinclient timestream timestream-influxdb tnb transcribe transfer transitgateway translate trustedadvisor
  user-subscriptions uxc verifiedpermissions vmie voiceid vpc-flow-logs vpc-lattice waf waf-regional wafv2
  wellarchitected wickr wisdom workdocs worklink workmail workspaces workspaces-instances workspaces-thin-client
  workspaces-web xray
  `
    .trim()
    .split(/\s+/),
)

/** Services whose principals are under another domain. */
const ELSEWHERE: ReadonlySet<string> = new Set(['alexa-appkit.amazon.com'])

/** A service, perhaps with something below it, and perhaps in one region: `logs.eu-west-1.amazonaws.com`. */
const FORM = /^(?:[a-z0-9-]+\.)*?([a-z0-9-]+)(?:\.[a-z]{2,4}(?:-[a-z]+)+-\d)?\.amazonaws\.com$/

/** Whether a text is the principal of a service of AWS, as far as is known here. They are case-sensitive. */
export function isServicePrincipal(name: string): boolean {
  return ELSEWHERE.has(name) || SERVICES.has(FORM.exec(name)?.[1] ?? '')
}
