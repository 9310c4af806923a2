const SAMPLES: ReadonlyMap<string, readonly string[]> = new Map([
  ['date', ['0000-01-01', '1999-12-31', '2024-02-29']],
  ['date-time', ['2024-02-29T12:00:00Z', '1999-12-31T23:59:60Z', '2031-07-01T00:00:00.25+05:30']],
  ['duration', ['P1D', 'P3W', 'PT0S', 'P1Y2M3DT4H5M6S']],
  ['email', ['a@b', 'ann.lee@mail.example', '"two words"@[192.0.2.7]']],
  ['hostname', ['a', 'db-1.example', 'north.lab.example.org']],
  ['idn-email', ['a@b', 'zoë@mail.example', 'ann.lee@mail.example']],
  ['idn-hostname', ['a', 'db-1.example', 'north.lab.example.org']],
  ['ipv4', ['0.0.0.0', '192.0.2.17', '255.255.255.255']],
  ['ipv6', ['::', 'fe80::1', '1:2:3:4:5:6:7:8', '2001:db8::192.0.2.17']],
  ['iri', ['a:', 'urn:größe:1', 'https://example.org/größe?q=1#näher']],
  ['iri-reference', ['', 'größe', '/a/größe', '//example.org/größe#1']],
  ['json-pointer', ['', '/', '/a', '/a/0/~0~1']],
  ['regex', ['', 'a', '^[a-z]+$']],
  ['relative-json-pointer', ['0', '0#', '2/a', '1/items/0']],
  ['time', ['12:00:00Z', '23:59:60Z', '08:30:00.5-03:00']],
  ['uri', ['a:', 'urn:lab:1', 'https://example.org/a?q=1#part']],
  ['uri-reference', ['', '#a', '../b', '//example.org/a?q']],
  ['uri-template', ['', '{a}', '/runs/{id}', '/find{?q,page:2,tags*}']],
  [
    'uuid',
    [
      '00000000-0000-0000-0000-000000000000',
      '6f1c2b8e-0d34-4a57-9b1e-77c0a2d95e13',
      'F47AC10B-58CC-5372-A567-0E02B2C3D479',
    ],
  ],
]);

/** Gives texts that are valid for a format, three or more, the shortest first; none for a format that is not known. */
export function sampleTexts(format: string): readonly string[] {
  return SAMPLES.get(format) ?? [];
}
