import { z } from 'zod';
import { flag, setting, text, whole } from '#ops/config/setting';

/** Names of hosts, with commas. */
export const hostList = z.string().transform((value): readonly string[] =>
  value
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== ''),
);

const smtpUrl = z
  .string()
  .regex(/^smtps?:\/\/[^/\s]+\/?(?:\?\S*)?$/, 'want smtp://user:password@host:587 or smtps://');

const mailAddress = z
  .string()
  .regex(/^[^\s<>@,;"]+@[^\s<>@,;"]+$/, 'want an address such as registry@example.com');

/** The settings of what happens by itself: actions of runs, timeouts and schedules. */
export const JOB_SETTINGS = {
  workers: setting('ATLAS_WORKERS', flag, {
    default: 'true',
    doc: 'Whether this node carries out actions, gives lost runs up and follows schedules. Only the roles `all` and `writer` do.',
  }),
  actionHosts: setting('ATLAS_ACTION_HOSTS', hostList, {
    default: '',
    doc: 'Hosts that actions may call, with commas: `hooks.example.com`, `*.example.com`. Empty: every public host.',
  }),
  allowPrivateActionHosts: setting('ATLAS_ALLOW_PRIVATE_ACTION_HOSTS', flag, {
    default: 'false',
    doc: 'Allow actions to call private and loopback addresses, loopback without TLS too: then whoever defines a profile reaches what stands there.',
  }),
  actionConcurrency: setting('ATLAS_ACTION_CONCURRENCY', whole(1, 1_000), {
    default: '16',
    doc: 'Runs whose actions this node carries out at a time.',
  }),
  actionsPerHostMax: setting('ATLAS_ACTIONS_PER_HOST_MAX', whole(1, 1_000), {
    default: '4',
    doc: 'Of these, how many go to one host at a time: a slow host holds up no other.',
  }),
  actionPollMs: setting('ATLAS_ACTION_POLL_MS', whole(50, 60_000), {
    default: '1000',
    doc: 'How often the workers look for what is due. Actions of runs that end on this node begin at once.',
  }),
  secretsDir: setting('ATLAS_SECRETS_DIR', text.optional(), {
    doc: 'Folder of the secrets that actions name, as files `<tenant>/<environment>/<name>`. Links are not followed.',
  }),
  smtpUrl: setting('ATLAS_SMTP_URL', smtpUrl.optional(), {
    doc: 'Server that takes mail. Without it mail notifications fail.',
    secret: true,
  }),
  smtpFrom: setting('ATLAS_SMTP_FROM', mailAddress, {
    default: 'atlas-registry@localhost',
    doc: 'Address that mail is from.',
  }),
} as const;
