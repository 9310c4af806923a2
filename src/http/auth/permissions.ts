import type { AuthScope } from '#http/auth/auth-scope';

/** What a route asks of whoever calls it: nothing, or every one of these scopes. */
export type Permission = 'public' | readonly [AuthScope, ...AuthScope[]];

const DATASETS_READ: Permission = ['datasets:read'];
const DATASETS_WRITE: Permission = ['datasets:write'];
const CONTRACTS_READ: Permission = ['contracts:read'];
const CONTRACTS_WRITE: Permission = ['contracts:write'];
const JOBS_READ: Permission = ['jobs:read'];
const JOBS_WRITE: Permission = ['jobs:write'];
const ADMIN: Permission = ['registry:admin'];

/** Says of every route, by its operation, what it asks for. A test fails for a route without a row, and a row without one. */
export const PERMISSIONS: Readonly<Record<string, Permission>> = {
  health: 'public',
  readiness: 'public',
  openapi: 'public',
  metrics: 'public',
  asyncapi: 'public',
  listStateMachines: 'public',

  listDatasets: DATASETS_READ,
  getDataset: DATASETS_READ,
  getDatasetHistory: DATASETS_READ,
  getCatalog: DATASETS_READ,
  getStoreCatalog: DATASETS_READ,
  getStoreCatalogDigest: DATASETS_READ,
  getStoreManifest: DATASETS_READ,
  getStoreArtifact: DATASETS_READ,
  listServedDatasets: DATASETS_READ,
  getServedDataset: DATASETS_READ,
  listRows: DATASETS_READ,
  listGenes: DATASETS_READ,
  countGenes: DATASETS_READ,
  lookupGenes: DATASETS_READ,
  ensemblLookup: DATASETS_READ,
  ensemblLookups: DATASETS_READ,
  ensemblOverlap: DATASETS_READ,
  registerDataset: DATASETS_WRITE,
  storeArtifact: DATASETS_WRITE,
  publishDataset: ['datasets:publish'],
  withdrawDataset: ['datasets:publish'],

  listContracts: CONTRACTS_READ,
  listContractVersions: CONTRACTS_READ,
  getContract: CONTRACTS_READ,
  getChangelog: CONTRACTS_READ,
  diffContracts: CONTRACTS_READ,
  listDependants: CONTRACTS_READ,
  getContractForDataset: CONTRACTS_READ,
  checkContract: CONTRACTS_READ,
  getCompatibilityMode: CONTRACTS_READ,
  getDefaultCompatibilityMode: CONTRACTS_READ,
  publishContract: CONTRACTS_WRITE,
  promoteContract: CONTRACTS_WRITE,
  changeContractStage: CONTRACTS_WRITE,
  setCompatibilityMode: CONTRACTS_WRITE,
  setDefaultCompatibilityMode: ADMIN,

  listJobDefinitions: JOBS_READ,
  listJobDefinitionVersions: JOBS_READ,
  getJobDefinition: JOBS_READ,
  listActionProfiles: JOBS_READ,
  listActionProfileVersions: JOBS_READ,
  getActionProfile: JOBS_READ,
  listActionProfileDependants: JOBS_READ,
  listContractJobDefinitions: JOBS_READ,
  listJobRuns: JOBS_READ,
  getJobRun: JOBS_READ,
  getJobRunResults: JOBS_READ,
  listLineageDocuments: JOBS_READ,
  getLineageDocument: JOBS_READ,
  defineJobDefinition: JOBS_WRITE,
  changeJobDefinitionStage: JOBS_WRITE,
  submitJobDefinition: JOBS_WRITE,
  approveJobDefinition: JOBS_WRITE,
  activateJobDefinition: JOBS_WRITE,
  retireJobDefinition: JOBS_WRITE,
  defineActionProfile: JOBS_WRITE,
  changeActionProfileStage: JOBS_WRITE,
  submitActionProfile: JOBS_WRITE,
  approveActionProfile: JOBS_WRITE,
  activateActionProfile: JOBS_WRITE,
  retireActionProfile: JOBS_WRITE,
  runJobDefinition: JOBS_WRITE,
  startJobRun: JOBS_WRITE,
  beginJobRun: JOBS_WRITE,
  heartbeatJobRun: JOBS_WRITE,
  progressJobRun: JOBS_WRITE,
  finishJobRun: JOBS_WRITE,
  cancelJobRun: JOBS_WRITE,
  batchJobRuns: JOBS_WRITE,
  postJobEvent: JOBS_WRITE,
  postLineageEvent: JOBS_WRITE,
  postLineageBatch: JOBS_WRITE,

  // They show every kind of thing.
  followEvents: ['datasets:read', 'contracts:read', 'jobs:read'],
  issueApiKey: ADMIN,
  listApiKeys: ADMIN,
  getApiKey: ADMIN,
  revokeApiKey: ADMIN,
  // They show every kind of thing, to whoever is named.
  createWebhook: ADMIN,
  listWebhooks: ADMIN,
  getWebhook: ADMIN,
  changeWebhook: ADMIN,
  enableWebhook: ADMIN,
  disableWebhook: ADMIN,
  rotateWebhookSecret: ADMIN,
  replayWebhook: ADMIN,
  redeliverWebhook: ADMIN,
  deleteWebhook: ADMIN,
  pingWebhook: ADMIN,
  getWebhookDeliveries: ADMIN,
  listAudit: ADMIN,
  verifyCache: ADMIN,
  evictCache: ADMIN,
  listDrills: ADMIN,
  getDrill: ADMIN,
  cacheStats: ADMIN,
  datasetHealth: ADMIN,
  registryHealth: ADMIN,
};

/** What the bootstrap key may do, and nothing else. */
export const API_KEY_OPERATIONS: ReadonlySet<string> = new Set([
  'issueApiKey',
  'listApiKeys',
  'getApiKey',
  'revokeApiKey',
]);

const STAGED: ReadonlySet<string> = new Set([
  'publishContract',
  'promoteContract',
  'changeContractStage',
]);

/** Says what a request asks for beyond its route: to approve a contract is more than to write one. */
export function furtherScope(operationId: string, body: unknown): AuthScope | undefined {
  const asksForStage = STAGED.has(operationId);
  const stage = asksForStage && typeof body === 'object' && body !== null && 'stage' in body;
  return stage && body.stage === 'approved' ? 'contracts:approve' : undefined;
}
