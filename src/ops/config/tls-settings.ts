import { setting, text, whole } from '#ops/config/setting';

/** The settings of TLS: of the HTTP server, and of the commands that call one. */
export const TLS_SETTINGS = {
  tlsCert: setting('ATLAS_TLS_CERT', text.optional(), {
    doc: 'Path of the certificate of the HTTP server in PEM, and of what leads to its authority. With it the server speaks HTTPS alone, TLS 1.2 or later.',
  }),
  tlsKey: setting('ATLAS_TLS_KEY', text.optional(), {
    doc: 'Path of the private key that belongs to it, in PEM, without a passphrase.',
  }),
  tlsClientCa: setting('ATLAS_TLS_CLIENT_CA', text.optional(), {
    doc: 'Path of the authorities, in PEM, one of which must have signed the certificate of every client. Without it clients need none. Tokens are asked for all the same.',
  }),
  tlsReloadMs: setting('ATLAS_TLS_RELOAD_MS', whole(100, 86_400_000), {
    default: '10000',
    doc: 'How often these files are looked at. What has changed and fits is used for new connections; SIGHUP looks at once.',
  }),
  clientCert: setting('ATLAS_CLIENT_CERT', text.optional(), {
    doc: 'Path of the certificate that the commands of `atlas-registry` show to a registry with ATLAS_TLS_CLIENT_CA.',
  }),
  clientKey: setting('ATLAS_CLIENT_KEY', text.optional(), {
    doc: 'Path of the private key that belongs to it.',
  }),
} as const;
