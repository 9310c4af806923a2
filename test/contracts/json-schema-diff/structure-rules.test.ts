import { describeRules, type RuleRow } from '#test/contracts/json-schema-diff/rule-rows';

/** The name of a branch. Written out it would make a promise of an object. */
const THEN = ['then'].join('');
const text = { type: 'string' } as const;
const closed = { additionalProperties: false } as const;

const MEMBERS: readonly RuleRow[] = [
  [
    { ...closed },
    { ...closed, properties: { a: text } },
    ['property-added widens - -> /properties/a'],
    ['property-removed narrows /properties/a -> -'],
  ],
  [
    {},
    { properties: { a: text } },
    ['property-added narrows - -> /properties/a'],
    ['property-removed widens /properties/a -> -'],
  ],
  [
    {},
    { properties: { a: true } },
    ['property-added none - -> /properties/a'],
    ['property-removed none /properties/a -> -'],
  ],
  [
    { additionalProperties: text },
    { additionalProperties: text, properties: { a: text } },
    ['property-added unclear - -> /properties/a'],
    ['property-removed unclear /properties/a -> -'],
  ],
  [
    {},
    { patternProperties: { '^a/': text } },
    ['pattern-property-added narrows - -> /patternProperties/^a~1'],
    ['pattern-property-removed widens /patternProperties/^a~1 -> -'],
  ],
  [
    { required: ['a'] },
    { required: ['a', 'b'] },
    ['required-added narrows /required -> /required'],
    ['required-removed widens /required -> /required'],
  ],
  [
    {},
    closed,
    ['additional-properties-closed narrows - -> /additionalProperties'],
    ['additional-properties-opened widens /additionalProperties -> -'],
  ],
  [
    {},
    { additionalProperties: text },
    ['additional-properties-changed narrows - -> /additionalProperties'],
    ['additional-properties-changed widens /additionalProperties -> -'],
  ],
  [
    closed,
    { additionalProperties: text },
    ['additional-properties-opened widens /additionalProperties -> /additionalProperties'],
    ['additional-properties-closed narrows /additionalProperties -> /additionalProperties'],
  ],
  [
    {},
    { unevaluatedProperties: false },
    ['unevaluated-properties-closed narrows - -> /unevaluatedProperties'],
    ['unevaluated-properties-opened widens /unevaluatedProperties -> -'],
  ],
  [
    {},
    { propertyNames: text },
    ['property-names-added narrows - -> /propertyNames'],
    ['property-names-removed widens /propertyNames -> -'],
  ],
  [
    {},
    { dependentRequired: { a: ['b'] } },
    ['dependent-required-added narrows - -> /dependentRequired/a'],
    ['dependent-required-removed widens /dependentRequired/a -> -'],
  ],
  [
    {},
    { dependencies: { a: ['b'] } },
    ['dependent-required-added narrows - -> /dependencies/a'],
    ['dependent-required-removed widens /dependencies/a -> -'],
    { dialect: 'draft-07' },
  ],
  [
    {},
    { dependentSchemas: { a: text } },
    ['dependent-schema-added narrows - -> /dependentSchemas/a'],
    ['dependent-schema-removed widens /dependentSchemas/a -> -'],
  ],
  [
    { $defs: { a: text } },
    {},
    ['definition-removed none /$defs/a -> -'],
    ['definition-added none - -> /$defs/a'],
  ],
];

const ITEMS: readonly RuleRow[] = [
  [
    {},
    { items: text },
    ['items-changed narrows - -> /items'],
    ['items-changed widens /items -> -'],
  ],
  [{}, { items: false }, ['items-closed narrows - -> /items'], ['items-opened widens /items -> -']],
  [
    {},
    { prefixItems: [text] },
    ['tuple-item-added narrows - -> /prefixItems/0'],
    ['tuple-item-removed widens /prefixItems/0 -> -'],
  ],
  [
    { items: false },
    { prefixItems: [text], items: false },
    ['tuple-item-added widens - -> /prefixItems/0'],
    ['tuple-item-removed narrows /prefixItems/0 -> -'],
  ],
  [
    { items: [text] },
    { items: [text], additionalItems: false },
    ['additional-items-closed narrows - -> /additionalItems'],
    ['additional-items-opened widens /additionalItems -> -'],
    { dialect: 'draft-07' },
  ],
  [
    {},
    { unevaluatedItems: false },
    ['unevaluated-items-closed narrows - -> /unevaluatedItems'],
    ['unevaluated-items-opened widens /unevaluatedItems -> -'],
  ],
  [
    {},
    { contains: text },
    ['contains-added narrows - -> /contains'],
    ['contains-removed widens /contains -> -'],
  ],
];

const LOGIC: readonly RuleRow[] = [
  [
    { allOf: [text] },
    { allOf: [text, { minLength: 1 }] },
    ['all-of-branch-added narrows - -> /allOf/1'],
    ['all-of-branch-removed widens /allOf/1 -> -'],
  ],
  [
    { anyOf: [text] },
    { anyOf: [text, { type: 'null' }] },
    ['any-of-branch-added widens - -> /anyOf/1'],
    ['any-of-branch-removed narrows /anyOf/1 -> -'],
  ],
  [
    { oneOf: [text] },
    { oneOf: [text, { type: 'null' }] },
    ['one-of-branch-added unclear - -> /oneOf/1'],
    ['one-of-branch-removed unclear /oneOf/1 -> -'],
  ],
  [
    {},
    { anyOf: [text] },
    ['any-of-added narrows - -> /anyOf'],
    ['any-of-removed widens /anyOf -> -'],
  ],
  [
    {},
    { oneOf: [text] },
    ['one-of-added narrows - -> /oneOf'],
    ['one-of-removed widens /oneOf -> -'],
  ],
  [{}, { not: text }, ['not-added narrows - -> /not'], ['not-removed widens /not -> -']],
  [
    { not: { minLength: 1 } },
    { not: { minLength: 2 } },
    ['min-length-raised widens /not/minLength -> /not/minLength'],
    ['min-length-lowered narrows /not/minLength -> /not/minLength'],
  ],
  [
    { oneOf: [{ minLength: 1 }] },
    { oneOf: [{ minLength: 2 }] },
    ['min-length-raised unclear /oneOf/0/minLength -> /oneOf/0/minLength'],
    ['min-length-lowered unclear /oneOf/0/minLength -> /oneOf/0/minLength'],
  ],
  [{}, { if: text }, ['if-added none - -> /if'], ['if-removed none /if -> -']],
  [
    { if: text },
    { if: text, [THEN]: { minLength: 1 } },
    ['then-added narrows - -> /then'],
    ['then-removed widens /then -> -'],
  ],
  [
    { if: text },
    { if: text, else: false },
    ['else-added narrows - -> /else'],
    ['else-removed widens /else -> -'],
  ],
  [
    { if: text, [THEN]: false },
    { [THEN]: false },
    ['if-removed unclear /if -> -'],
    ['if-added unclear - -> /if'],
  ],
];

describeRules('members', MEMBERS);
describeRules('items', ITEMS);
describeRules('branches and conditions', LOGIC);
