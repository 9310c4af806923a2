import { describeRules, type RuleRow } from '#test/contracts/json-schema-diff/rule-rows';

const SCALARS: readonly RuleRow[] = [
  [
    { type: 'integer' },
    { type: 'number' },
    ['type-widened widens /type -> /type'],
    ['type-narrowed narrows /type -> /type'],
  ],
  [
    { type: 'string' },
    { type: 'null' },
    ['type-changed both /type -> /type'],
    ['type-changed both /type -> /type'],
  ],
  [
    { type: 'string' },
    {},
    ['type-widened widens /type -> -'],
    ['type-narrowed narrows - -> /type'],
  ],
  [
    { enum: [1] },
    { enum: [1, 2] },
    ['enum-value-added widens /enum -> /enum'],
    ['enum-value-removed narrows /enum -> /enum'],
  ],
  [{}, { enum: [1] }, ['enum-added narrows - -> /enum'], ['enum-removed widens /enum -> -']],
  [
    { const: 1 },
    { enum: [1, 2] },
    ['enum-value-added widens /const -> /enum'],
    ['enum-value-removed narrows /enum -> /const'],
  ],
  [
    { const: 1 },
    { const: 2 },
    ['const-changed both /const -> /const'],
    ['const-changed both /const -> /const'],
  ],
  [{}, { const: null }, ['const-added narrows - -> /const'], ['const-removed widens /const -> -']],
  [
    { multipleOf: 2 },
    { multipleOf: 4 },
    ['multiple-of-changed narrows /multipleOf -> /multipleOf'],
    ['multiple-of-changed widens /multipleOf -> /multipleOf'],
  ],
  [
    {},
    { multipleOf: 2 },
    ['multiple-of-added narrows - -> /multipleOf'],
    ['multiple-of-removed widens /multipleOf -> -'],
  ],
  [
    {},
    { pattern: 'a' },
    ['pattern-added narrows - -> /pattern'],
    ['pattern-removed widens /pattern -> -'],
  ],
  [
    { pattern: 'a' },
    { pattern: 'b' },
    ['pattern-changed unclear /pattern -> /pattern'],
    ['pattern-changed unclear /pattern -> /pattern'],
  ],
  [
    {},
    { format: 'date' },
    ['format-added narrows - -> /format'],
    ['format-removed widens /format -> -'],
  ],
  [
    { format: 'date' },
    { format: 'time' },
    ['format-changed none /format -> /format'],
    ['format-changed none /format -> /format'],
    { assertsFormats: false },
  ],
  [
    {},
    { uniqueItems: true },
    ['unique-items-added narrows - -> /uniqueItems'],
    ['unique-items-removed widens /uniqueItems -> -'],
  ],
  [
    {},
    { contentEncoding: 'base64' },
    ['content-added none - -> /contentEncoding'],
    ['content-removed none /contentEncoding -> -'],
  ],
  [
    {},
    { contentEncoding: 'base64' },
    ['content-added unclear - -> /contentEncoding'],
    ['content-removed unclear /contentEncoding -> -'],
    { dialect: 'draft-07' },
  ],
  [true, false, ['schema-closed narrows  -> '], ['schema-opened widens  -> ']],
];

const BOUNDS: readonly RuleRow[] = [
  ...(['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties'] as const).flatMap(
    (keyword) => bound(keyword, 'narrows'),
  ),
  ...(['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties'] as const).flatMap(
    (keyword) => bound(keyword, 'widens'),
  ),
  [
    { minLength: 0 },
    {},
    ['min-length-removed none /minLength -> -'],
    ['min-length-added none - -> /minLength'],
  ],
  [
    { contains: {}, minContains: 2 },
    { contains: {} },
    ['min-contains-removed widens /minContains -> -'],
    ['min-contains-added narrows - -> /minContains'],
  ],
  [
    { contains: {}, maxContains: 2 },
    { contains: {}, maxContains: 3 },
    ['max-contains-raised widens /maxContains -> /maxContains'],
    ['max-contains-lowered narrows /maxContains -> /maxContains'],
  ],
  [
    { minimum: 1 },
    { minimum: 1, exclusiveMinimum: true },
    [
      'minimum-removed widens /minimum -> /minimum',
      'exclusive-minimum-added narrows - -> /exclusiveMinimum',
    ],
    [
      'minimum-added narrows /minimum -> /minimum',
      'exclusive-minimum-removed widens /exclusiveMinimum -> -',
    ],
    { dialect: 'draft-04' },
  ],
];

function bound(keyword: string, raised: 'narrows' | 'widens'): readonly RuleRow[] {
  const rule = keyword.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const lowered = raised === 'narrows' ? 'widens' : 'narrows';
  const both = `/${keyword} -> /${keyword}`;
  return [
    [
      { [keyword]: 1 },
      { [keyword]: 2 },
      [`${rule}-raised ${raised} ${both}`],
      [`${rule}-lowered ${lowered} ${both}`],
    ],
    [
      {},
      { [keyword]: 1 },
      [`${rule}-added narrows - -> /${keyword}`],
      [`${rule}-removed widens /${keyword} -> -`],
    ],
  ];
}

const text = { type: 'string' } as const;

const NOTES: readonly RuleRow[] = [
  [
    { title: 'a' },
    { title: 'b' },
    ['annotation-changed none /title -> /title'],
    ['annotation-changed none /title -> /title'],
  ],
  [
    {},
    { 'x-owner': 1 },
    ['annotation-changed none - -> /x-owner'],
    ['annotation-changed none /x-owner -> -'],
  ],
  [
    {},
    { const: 1 },
    ['annotation-changed none - -> /const'],
    ['annotation-changed none /const -> -'],
    { dialect: 'draft-04' },
  ],
  [
    { $id: 'https://a.example/1' },
    { $id: 'https://a.example/2' },
    ['identifier-changed none /$id -> /$id'],
    ['identifier-changed none /$id -> /$id'],
  ],
  [
    { $schema: 'http://json-schema.org/draft-07/schema#' },
    {},
    ['dialect-changed unclear  -> '],
    ['dialect-changed unclear  -> '],
  ],
  [
    { $defs: { a: text }, $ref: '#/$defs/a' },
    { $defs: { a: text, b: text }, $ref: '#/$defs/b' },
    ['reference-changed none /$ref -> /$ref', 'definition-added none - -> /$defs/b'],
    ['reference-changed none /$ref -> /$ref', 'definition-removed none /$defs/b -> -'],
  ],
  [
    { $defs: { a: text }, minLength: 1 },
    { $defs: { a: text }, minLength: 1, $ref: '#/$defs/a' },
    ['reference-added narrows - -> /$ref'],
    ['reference-removed widens /$ref -> -'],
  ],
];

describeRules('types, values and texts', SCALARS);
describeRules('bounds', BOUNDS);
describeRules('notes and references', NOTES);
