import {
  DiscardPolicy,
  JetStreamApiError,
  type JetStreamManager,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
  type StreamInfo,
} from '@nats-io/jetstream';
import { RegistryError } from '#domain/errors';
import { API_ERRORS } from '#log/jetstream-errors';
import { sideIn, sideSince } from '#log/side';
import { STREAMS, type StreamName, subjectsOf, TAIL_PREFIX } from '#log/streams';

export interface ProvisionOptions {
  /** Copies of each stream, 1 on a single server, 3 or 5 on a cluster. */
  readonly replicas: number;
}

// Retries that come later than this are recognised by the aggregate, not by the broker.
const DUPLICATE_WINDOW_NS = 120e9;

/** Gives how a stream that takes appends is configured. */
export function streamConfig(stream: StreamName, options: ProvisionOptions) {
  return {
    name: stream,
    subjects: [...subjectsOf(stream)],
    storage: StorageType.File,
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.New,
    num_replicas: options.replicas,
    max_age: 0,
    max_msgs: -1,
    max_msgs_per_subject: -1,
    max_bytes: -1,
    max_msg_size: -1,
    no_ack: false,
    deny_delete: true,
    deny_purge: true,
    allow_rollup_hdrs: false,
    allow_direct: true,
    duplicate_window: DUPLICATE_WINDOW_NS,
    // The live tail of readers.
    republish: { src: 'atlas.>', dest: `${TAIL_PREFIX}.${stream}.>` },
  } satisfies Partial<StreamConfig>;
}

// What an operator may choose otherwise: neither loses an event.
const FREE: ReadonlySet<string> = new Set(['max_bytes', 'allow_direct', 'duplicate_window']);

/**
 * Creates the streams that are not there and checks those that are.
 * @throws CANNOT_START when a stream differs in a way that could lose or change events; it says how
 */
export async function provisionStreams(
  jsm: JetStreamManager,
  options: ProvisionOptions,
): Promise<void> {
  for (const stream of Object.keys(STREAMS) as StreamName[]) {
    const config = streamConfig(stream, options);
    const found = (await configOf(jsm, stream)) ?? (await create(jsm, stream, config));
    refuseOtherSide(stream, found);
    const actual = lacksSubjectsOnly(config, found) ? await widen(jsm, config, found) : found;
    const differences = [...differencesOf(config, actual), ...forbiddenIn(actual)];
    if (differences.length > 0) {
      throw new RegistryError(
        'CANNOT_START',
        `Cannot use stream "${stream}": ${differences.join('; ')}. Mend it with the nats command line, or use another account`,
        { details: { stream, differences } },
      );
    }
  }
}

/** A stream as it is, and what of it is not as it should be. */
export interface StreamStanding {
  readonly info: StreamInfo;
  readonly differences: readonly string[];
}

/**
 * Looks at a stream and changes nothing. Gives `undefined` where it is not there.
 * @throws CANNOT_START when it is not to take appends
 */
export async function inspectStream(
  jsm: JetStreamManager,
  stream: StreamName,
  options: ProvisionOptions,
): Promise<StreamStanding | undefined> {
  const want = streamConfig(stream, options);
  const info = await infoOf(jsm, stream);
  if (info === undefined) return undefined;
  refuseOtherSide(stream, info.config);
  // The next start adds subjects that are missing.
  const differences = lacksSubjectsOnly(want, info.config) ? [] : differencesOf(want, info.config);
  return { info, differences: [...differences, ...forbiddenIn(info.config)] };
}

/** Lets no node on a stream that is not to take appends: it was made so on purpose. */
function refuseOtherSide(stream: StreamName, config: StreamConfig): void {
  const side = sideIn({ config });
  if (side !== 'standby' && side !== 'fenced') return;
  const is =
    side === 'standby'
      ? 'it is a standby that copies another (want it promoted first: atlas-registry standby promote)'
      : `it takes no appends since ${sideSince({ config })}, when its standby was promoted (want NATS_URL of that: docs/runbooks/site-lost.md)`;
  throw new RegistryError('CANNOT_START', `Cannot use stream "${stream}": ${is}`, {
    details: { stream, side },
  });
}

async function configOf(
  jsm: JetStreamManager,
  stream: StreamName,
): Promise<StreamConfig | undefined> {
  return (await infoOf(jsm, stream))?.config;
}

async function infoOf(jsm: JetStreamManager, stream: StreamName): Promise<StreamInfo | undefined> {
  try {
    return await jsm.streams.info(stream);
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === API_ERRORS.streamNotFound)
      return undefined;
    throw error;
  }
}

async function create(
  jsm: JetStreamManager,
  stream: StreamName,
  config: ReturnType<typeof streamConfig>,
): Promise<StreamConfig> {
  try {
    return (await jsm.streams.add(config)).config;
  } catch (error) {
    // Another node may have created it in the meantime; then it is checked like any other.
    const existing = await configOf(jsm, stream).catch(() => undefined);
    if (existing !== undefined) return existing;
    throw new RegistryError(
      'CANNOT_START',
      `Cannot create stream "${stream}": ${error instanceof Error ? error.message : String(error)} (want it made by whoever may: atlas-registry provision)`,
      { cause: error },
    );
  }
}

/** Says whether a stream is as it should be but for kinds that a newer version has added. */
function lacksSubjectsOnly(want: ReturnType<typeof streamConfig>, actual: StreamConfig): boolean {
  const subjects = want.subjects.map(String);
  // A mirror has none.
  const have = (actual.subjects as readonly string[] | undefined)?.map(String) ?? subjects;
  const isSubset = have.length < subjects.length && have.every((one) => subjects.includes(one));
  return isSubset && differencesOf({ ...want, subjects: actual.subjects }, actual).length === 0;
}

/** Adds the missing subjects: nothing that is stored changes. */
async function widen(
  jsm: JetStreamManager,
  { subjects }: ReturnType<typeof streamConfig>,
  actual: StreamConfig,
): Promise<StreamConfig> {
  try {
    return (await jsm.streams.update(actual.name, { ...actual, subjects })).config;
  } catch (error) {
    throw new RegistryError(
      'CANNOT_START',
      `Cannot add ${subjects.join(', ')} to stream "${actual.name}": ${error instanceof Error ? error.message : String(error)} (want it changed by whoever may: atlas-registry provision)`,
      { cause: error },
    );
  }
}

function differencesOf(
  want: Omit<ReturnType<typeof streamConfig>, 'subjects'> & {
    readonly subjects: readonly string[];
  },
  actual: StreamConfig,
): string[] {
  const have = actual as unknown as Record<string, unknown>;
  return Object.entries(want)
    .filter(([key, value]) => !FREE.has(key) && normal(have[key]) !== normal(value))
    .map(([key, value]) => `${key} is ${normal(have[key])} (want ${normal(value)})`);
}

function forbiddenIn(actual: StreamConfig): string[] {
  const have = actual as unknown as Record<string, unknown>;
  const set = [
    'mirror',
    'sources',
    'subject_transform',
    'sealed',
    'allow_msg_ttl',
    'allow_msg_schedules',
    'allow_msg_counter',
  ];
  const found = set.filter(
    (key) => have[key] !== undefined && have[key] !== null && have[key] !== false,
  );
  const lines = found.map((key) => `${key} is set (want it unset)`);
  // It switches sync_interval off for the stream: acknowledged events could be lost with the power.
  if (have['persist_mode'] === 'async') lines.push('persist_mode is "async" (want the default)');
  return lines;
}

// The server leaves out what is false or 0, and gives subjects in any order.
function normal(value: unknown): string {
  if (value === undefined || value === null || value === false) return 'false';
  if (Array.isArray(value)) return JSON.stringify(value.map(String).toSorted());
  return JSON.stringify(value);
}
