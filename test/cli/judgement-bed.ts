import { checkSchema } from '#cli/contract/answers';
import type { ContractInput } from '#cli/contract/contract-input';
import type { ContractRegistry } from '#cli/contract/contract-registry';
import { checkContract, type Judgement } from '#cli/contract/judgement';
import { JSON_TOOLS } from '#test/cli/contract-bed';

/** Where reports are written to that people read without colours. */
export const PLAIN_HOST = { colours: false, json: JSON_TOOLS };

const SCHEMA =
  '{\n  "type": "object",\n  "properties": {\n    "size": { "type": "string" }\n  }\n}\n';
const WIT = 'package a:b;\n';

/** Makes the input of a contract as the command reads it. */
export function contractInput(name = 'a.b'): ContractInput {
  return {
    name,
    body: {},
    schema: { path: 'contracts/a,b:c.json', text: SCHEMA },
    wit: new Map([['x.wit', { path: 'wit/x.wit', text: WIT }]]),
    descriptor: undefined,
  };
}

/** Makes a change as a registry tells it. */
export const change = (rule: string, rest: object = {}) => ({
  rule,
  part: 'jsonSchema',
  message: `Message of ${rule}`,
  breaks: [],
  isBreaking: false,
  isFeature: false,
  ...rest,
});

export const EXAMPLE = {
  document: { size: 5 },
  validUnder: 'older',
  refusal: '/size must be string',
};

/** What lies between v3 and a candidate. */
export const COMPARISON = {
  version: 'v3',
  isCompatible: false,
  backward: { kind: 'incompatible', counterExample: EXAMPLE },
  forward: { kind: 'compatible' },
  level: 'major',
  changes: [
    change('annotation-changed'),
    change('property-added', { isFeature: true, after: '/properties/colour' }),
    change('type-changed', {
      isBreaking: true,
      before: '/properties/size/type',
      after: '/properties/size/type',
    }),
  ],
  changesOmitted: 7,
};

/** Judges as the command does, by what a registry says. */
export async function judged(
  answer: object,
  from: ContractInput = contractInput(),
): Promise<Judgement> {
  const check = async () => checkSchema.parse({ wouldPublish: false, ...answer });
  return await checkContract({ check } as unknown as ContractRegistry, from);
}
