import { z } from 'zod';
import { networkList } from '#ops/config/network-list';
import { setting, whole } from '#ops/config/setting';

/** The settings that bound what one client can take, and what one request can be. */
export const LIMIT_SETTINGS = {
  clientLimits: setting('ATLAS_CLIENT_LIMITS', z.enum(['auto', 'all', 'off']), {
    default: 'auto',
    doc: "Whose requests are counted: `all`, nobody's (`off`), or, `auto`, everybody's with ATLAS_AUTH and those from other addresses than loopback without it.",
  }),
  trustedProxies: setting('ATLAS_TRUSTED_PROXIES', networkList, {
    default: '',
    doc: 'Addresses and networks of your proxies, with commas. From them alone `X-Forwarded-For` is believed. A proxy that is not named is one client.',
  }),
  clientCostBurst: setting('ATLAS_CLIENT_COST_BURST', whole(1, 100_000_000), {
    default: '1000',
    doc: 'What one client, a subject of a tenant or an address, may ask for at once. A read costs 1.',
  }),
  clientCostPerSecond: setting('ATLAS_CLIENT_COST_PER_SECOND', whole(1, 100_000_000), {
    default: '500',
    doc: 'What it may ask for per second for long: a page of a busy service takes some ten reads.',
  }),
  tenantCostBurst: setting('ATLAS_TENANT_COST_BURST', whole(1, 100_000_000), {
    default: '2000',
    doc: 'The same for all subjects of a tenant together.',
  }),
  tenantCostPerSecond: setting('ATLAS_TENANT_COST_PER_SECOND', whole(1, 100_000_000), {
    default: '1000',
    doc: 'The same per second: a twentieth of what one core answers, so that two tenants at their limit leave most of it.',
  }),
  writeCost: setting('ATLAS_WRITE_COST', whole(1, 1_000_000), {
    default: '5',
    doc: 'What a write costs: it takes some five times as long as a read. Each further step of a batch costs a read.',
  }),
  checkCost: setting('ATLAS_CHECK_COST', whole(1, 1_000_000), {
    default: '25',
    doc: 'What checking, comparing or publishing a contract costs: proofs run in few threads.',
  }),
  bodyMibCost: setting('ATLAS_BODY_MIB_COST', whole(0, 1_000_000), {
    default: '100',
    doc: 'What 1 MiB of a JSON body costs, unpacked: to read it takes up to 90 ms in which nobody else is answered. Owed afterwards; bodies below 10 KiB cost nothing.',
  }),
  bodiesBytesMax: setting('ATLAS_BODIES_BYTES_MAX', whole(1_048_576, 2 ** 40), {
    default: '134217728',
    doc: 'Bytes of all JSON bodies together, unpacked, that are worked on at a time; beyond it a request is 503 `BUSY`, unless it is alone. What is read from a body takes several times its bytes.',
  }),
  inFlightPerClientMax: setting('ATLAS_IN_FLIGHT_PER_CLIENT_MAX', whole(1, 1_000_000), {
    default: '128',
    doc: 'Requests of one client that are answered at a time; more are 429. Twice what a busy client needs.',
  }),
  refusalDelayMs: setting('ATLAS_REFUSAL_DELAY_MS', whole(0, 10_000), {
    default: '500',
    doc: 'How long a 429 is held back, up to half of it less or more. A client that asks again at once would cost more than what it is refused.',
  }),
  refusedTokensBurst: setting('ATLAS_REFUSED_TOKENS_BURST', whole(1, 1_000_000), {
    default: '200',
    doc: 'Wrong tokens that an address may send at once; then tokens that are not known yet are 429 from there.',
  }),
  refusedTokensPerSecond: setting('ATLAS_REFUSED_TOKENS_PER_SECOND', whole(1, 1_000_000), {
    default: '10',
    doc: 'The same per second. To verify one takes some 0.1 ms.',
  }),
  subscribersPerClientMax: setting('ATLAS_SUBSCRIBERS_PER_CLIENT_MAX', whole(1, 100_000), {
    default: '32',
    doc: 'Streams of events that one client may follow at a time; more are 429. An eighth of all.',
  }),
  socketsMax: setting('ATLAS_SOCKETS_MAX', whole(1, 1_000_000), {
    default: '8192',
    doc: 'Connections that are open at a time; more are told 503. Each takes some 10 KB and a file of the process.',
  }),
  socketsPerAddressMax: setting('ATLAS_SOCKETS_PER_ADDRESS_MAX', whole(1, 1_000_000), {
    default: '1024',
    doc: 'Of these, how many one address may have; more are told 429. Trusted proxies may have all.',
  }),
  headersTimeoutMs: setting('ATLAS_HEADERS_TIMEOUT_MS', whole(100, 600_000), {
    default: '10000',
    doc: 'How long the headers of a request may take, from the connection or from its first byte; else 408.',
  }),
  bodyBytesPerSecondMin: setting('ATLAS_BODY_BYTES_PER_SECOND_MIN', whole(0, 1_073_741_824), {
    default: '1024',
    doc: 'How fast a body must come, whatever its size; else 408. The slowest link that is of use brings more. 0: any.',
  }),
  bodyPaceMs: setting('ATLAS_BODY_PACE_MS', whole(100, 600_000), {
    default: '10000',
    doc: 'Over how long that is measured: a pause that is shorter is forgiven.',
  }),
  answerStallMs: setting('ATLAS_ANSWER_STALL_MS', whole(100, 3_600_000), {
    default: '60000',
    doc: 'How long a client may take nothing of its answer before its connection is closed.',
  }),
  headerBytesMax: setting('ATLAS_HEADER_BYTES_MAX', whole(1_024, 1_048_576), {
    default: '24576',
    doc: 'Bytes of address and headers of a request; more is 431. A token and an address at their longest take 16 KiB.',
  }),
  headersMax: setting('ATLAS_HEADERS_MAX', whole(8, 10_000), {
    default: '100',
    doc: 'Headers of a request; more is 431. Browsers and proxies send some thirty.',
  }),
  uriLengthMax: setting('ATLAS_URI_LENGTH_MAX', whole(256, 65_536), {
    default: '8192',
    doc: 'Characters of the address of a request; more is 414. What proxies take too.',
  }),
  queryParametersMax: setting('ATLAS_QUERY_PARAMETERS_MAX', whole(1, 10_000), {
    default: '64',
    doc: 'Parameters in the query of an address. The route that takes most has some twenty.',
  }),
  queryValueLengthMax: setting('ATLAS_QUERY_VALUE_LENGTH_MAX', whole(64, 65_536), {
    default: '4608',
    doc: 'Characters of one of them, as sent. The longest cursor has 4,096.',
  }),
  jsonDepthMax: setting('ATLAS_JSON_DEPTH_MAX', whole(8, 100), {
    default: '100',
    doc: 'Arrays and objects inside each other in a JSON body; more is 413. What strict readers take: they recurse.',
  }),
  jsonItemsMax: setting('ATLAS_JSON_ITEMS_MAX', whole(1_000, 10_000_000), {
    default: '100000',
    doc: 'Items of one array, or members of one object, in a JSON body; more is 413. What is checked in some 50 ms.',
  }),
  appendsMax: setting('ATLAS_APPENDS_MAX', whole(1, 10_000), {
    default: '64',
    doc: 'Appends to the log that are under way at a time while one tenant alone writes.',
  }),
  appendsSharedMax: setting('ATLAS_APPENDS_SHARED_MAX', whole(1, 10_000), {
    default: '8',
    doc: 'The same while several do: each has an equal part, at least one, and they take turns. An append waits for those before it; as many keep the broker busy.',
  }),
  appendsWaitingMax: setting('ATLAS_APPENDS_WAITING_MAX', whole(1, 1_000_000), {
    default: '4096',
    doc: 'Appends that wait for their turn; more are answered 503, those of the tenant with most first.',
  }),
} as const;
