import { z } from 'zod';
import { setting, text, whole } from '#ops/config/setting';

const inboxPrefix = z
  .string()
  .regex(
    /^[A-Za-z0-9_-]{1,64}(\.[A-Za-z0-9_-]{1,64}){0,3}$/,
    'want a subject such as _INBOX_writer',
  );

/** The settings of the connection to NATS. */
export const NATS_SETTINGS = {
  natsUrl: setting('NATS_URL', text.optional(), {
    doc: 'NATS servers, comma-separated; `tls://host:4222` where nothing may be said without TLS. Without it the registry starts a nats-server of its own.',
    secret: true,
  }),
  natsCreds: setting('NATS_CREDS_PATH', text.optional(), {
    doc: 'Path of a NATS credentials file. Read again for every connection.',
  }),
  natsNkey: setting('NATS_NKEY_PATH', text.optional(), {
    doc: "Path of a file with the seed of a user's key, in place of credentials. Read again for every connection.",
  }),
  natsCa: setting('NATS_CA_PATH', text.optional(), {
    doc: 'Path of the authorities of the NATS servers, in PEM. Default: those that come with Node.',
  }),
  natsCert: setting('NATS_CERT_PATH', text.optional(), {
    doc: 'Path of the certificate that is shown to NATS servers that ask for one, in PEM.',
  }),
  natsKey: setting('NATS_KEY_PATH', text.optional(), {
    doc: 'Path of the private key that belongs to it.',
  }),
  natsInboxPrefix: setting('NATS_INBOX_PREFIX', inboxPrefix.optional(), {
    doc: 'Begins the subjects on which answers come, so that other users of the NATS cannot hear them: see deploy/nats. Default `_INBOX`.',
  }),
  natsServerBin: setting('ATLAS_NATS_SERVER_BIN', text.optional(), {
    doc: 'nats-server to start instead of the embedded one, version 2.11 or later.',
  }),
  natsConnectTimeoutMs: setting('ATLAS_NATS_CONNECT_TIMEOUT_MS', whole(100, 120_000), {
    default: '5000',
    doc: 'How long the first connection to NATS may take before the start fails.',
  }),
  standbyNatsUrl: setting('ATLAS_STANDBY_NATS_URL', text.optional(), {
    doc: 'NATS servers of the standby, comma-separated, for `atlas-registry standby`. Nodes do not use it. Files of TLS are those of NATS.',
    secret: true,
  }),
  standbyNatsCreds: setting('ATLAS_STANDBY_NATS_CREDS_PATH', text.optional(), {
    doc: 'Path of a NATS credentials file for the standby.',
  }),
  logCheckMs: setting('ATLAS_LOG_CHECK_MS', whole(500, 600_000), {
    default: '20000',
    doc: 'Within so long a node finds out that its log went backwards or is another one, and freezes. A leader that was just elected may seem to be behind for 8 s, which must not be taken for that: three quarters of this have to be longer.',
  }),
} as const;
