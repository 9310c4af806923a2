import type { Config } from '#ops/config/settings';

/** Settings of TLS that fit each by itself and not together. */
export function tlsContradictions(config: Partial<Config>): readonly string[] {
  const { tlsCert, tlsKey, tlsClientCa } = config;
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
  ];
  return problems.filter(([is]) => is).map(([, text]) => text);
}
