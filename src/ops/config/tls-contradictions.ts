import type { Config } from '#ops/config/settings';

/** Settings of TLS that fit each by itself and not together. */
export function tlsContradictions(config: Partial<Config>): readonly string[] {
  const { tlsCert, tlsKey, tlsClientCa } = config;
  const { natsUrl, natsCreds, natsNkey, natsCa, natsCert, natsKey } = config;
  const problems: readonly (readonly [boolean, string])[] = [
    [
      tlsCert !== undefined && tlsKey === undefined,
      'Cannot use ATLAS_TLS_CERT: there is no ATLAS_TLS_KEY (want the private key of the certificate)',
    ],
    [
      tlsKey !== undefined && tlsCert === undefined,
      'Cannot use ATLAS_TLS_KEY: there is no ATLAS_TLS_CERT (want the certificate of the key)',
    ],
    [
      tlsClientCa !== undefined && tlsCert === undefined,
      'Cannot use ATLAS_TLS_CLIENT_CA: there is no ATLAS_TLS_CERT, and without TLS nobody is asked for a certificate (want ATLAS_TLS_CERT and ATLAS_TLS_KEY)',
    ],
    [
      (natsCert === undefined) !== (natsKey === undefined),
      'Cannot use NATS_CERT_PATH and NATS_KEY_PATH: one is not set (want both or none)',
    ],
    [
      natsCreds !== undefined && natsNkey !== undefined,
      'Cannot use NATS_CREDS_PATH and NATS_NKEY_PATH: each says who this process is (want one of them)',
    ],
    [
      natsUrl === undefined && [natsNkey, natsCa, natsCert].some((path) => path !== undefined),
      'Cannot use NATS_NKEY_PATH, NATS_CA_PATH and NATS_CERT_PATH: there is no NATS_URL, and the embedded broker has a token (want the NATS_URL that they are for)',
    ],
  ];
  return problems.filter(([is]) => is).map(([, text]) => text);
}
