import { Ajv, type Options } from 'ajv';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { Ajv2020 } from 'ajv/dist/2020.js';
import draft04 from 'ajv-draft-04';
import type { Dialect } from '#contracts/json-schema/dialect';

/** Makes a validator for schemas of a dialect. Draft 6 is read as draft 7, whose keywords it has all but `if`. */
export function ajvOf(dialect: Dialect, options: Options): Ajv {
  switch (dialect) {
    case 'draft-04':
      return new draft04.default(options);
    case 'draft-06':
    case 'draft-07':
      return new Ajv(options);
    case '2019-09':
      return new Ajv2019(options);
    case '2020-12':
      return new Ajv2020(options);
    default:
      return dialect satisfies never;
  }
}
