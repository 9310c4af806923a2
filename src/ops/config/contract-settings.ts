import { z } from 'zod';
import { COMPATIBILITY_MODES } from '#domain/contract-gate';
import { MIB, setting, whole } from '#ops/config/setting';

const environmentList = z.string().transform((value, context): readonly string[] => {
  const names = value
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  const wrong = names.find((name) => !/^[a-z0-9][a-z0-9-]{0,62}$/.test(name));
  if (wrong !== undefined)
    context.addIssue({ code: 'custom', message: `"${wrong}" is no name of an environment` });
  return names;
});

/** The settings of contracts and of the gate that they pass. */
export const CONTRACT_SETTINGS = {
  contractBytesMax: setting('ATLAS_CONTRACT_BYTES_MAX', whole(1_024, 10 * MIB), {
    default: String(MIB),
    doc: 'Largest body that publishes or checks a contract. To read one of 1 MiB holds up others for some 0.1 s.',
  }),
  compatibilityMode: setting('ATLAS_CONTRACT_COMPATIBILITY', z.enum(COMPATIBILITY_MODES), {
    default: 'BACKWARD',
    doc: 'What a new version keeps where neither the contract nor its scope says: NONE, BACKWARD, FORWARD, FULL, or one of them with _TRANSITIVE.',
  }),
  assertsFormats: setting(
    'ATLAS_CONTRACT_FORMATS',
    z.enum(['rule', 'remark']).transform((value) => value === 'rule'),
    {
      default: 'rule',
      doc: 'Whether `format` in a JSON Schema is a rule for texts, or only a remark: what your consumers do with it.',
    },
  ),
  productionEnvironments: setting('ATLAS_PRODUCTION_ENVIRONMENTS', environmentList, {
    default: 'prod,production',
    doc: 'Environments where a version waits for the approval of somebody else than its publisher, with commas.',
  }),
  gateThreads: setting('ATLAS_CONTRACT_CHECK_THREADS', whole(1, 64), {
    default: '1',
    doc: 'Threads that check contracts. They start with the first check and take some 60 MB each.',
  }),
  gatePatientThreads: setting('ATLAS_CONTRACT_SLOW_CHECK_THREADS', whole(0, 64), {
    default: '1',
    doc: 'Further threads, of low priority, for tenants whose checks were slow a short while ago: they hold up nobody else. 0: all share the others.',
  }),
  gateSlowMs: setting('ATLAS_CONTRACT_SLOW_CHECK_MS', whole(10, 600_000), {
    default: '1000',
    doc: 'A check that has run longer is slow: it begins anew there. Those of usual contracts take some 10 ms, the first one of a thread up to 400.',
  }),
  gateTimeoutMs: setting('ATLAS_CONTRACT_CHECK_TIMEOUT_MS', whole(100, 600_000), {
    default: '10000',
    doc: 'Longest time of one check. A proof gives up after half of it, and the version counts as not proved; what still runs at the end is stopped with its thread.',
  }),
  gateStepsMax: setting('ATLAS_CONTRACT_CHECK_STEPS', whole(1_000, 100_000_000), {
    default: '300000',
    doc: 'Steps of one proof, the same on every machine. More prove more, and take longer when they do not.',
  }),
  gateMemoryMib: setting('ATLAS_CONTRACT_CHECK_MEMORY_MIB', whole(32, 16_384), {
    default: '256',
    doc: 'Memory of one such thread. A check that needs more is stopped.',
  }),
  gateWaitingMax: setting('ATLAS_CONTRACT_CHECKS_WAITING', whole(1, 100_000), {
    default: '256',
    doc: 'Checks that may wait for a thread. More are refused with 503.',
  }),
  gateComparisonsMax: setting('ATLAS_CONTRACT_COMPARISONS', whole(1, 1_000), {
    default: '50',
    doc: 'Versions that one candidate is compared with in a transitive mode, the newest ones.',
  }),
} as const;
