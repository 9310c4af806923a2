import { type CodePointSet, codePointSet, complement } from '#contracts/pattern/code-point-set';

/** `\d` of ECMA-262. */
export const DIGITS: CodePointSet = [0x30, 0x39];

/** `\w` of ECMA-262, and what `\b` looks at. */
export const WORD_CHARACTERS: CodePointSet = codePointSet([
  [0x30, 0x39],
  [0x41, 0x5a],
  [0x5f, 0x5f],
  [0x61, 0x7a],
]);

/** `\s` of ECMA-262: WhiteSpace (with U+FEFF and the category Zs) and LineTerminator. */
export const SPACES: CodePointSet = codePointSet([
  [0x09, 0x0d],
  [0x20, 0x20],
  [0xa0, 0xa0],
  [0x16_80, 0x16_80],
  [0x20_00, 0x20_0a],
  [0x20_28, 0x20_29],
  [0x20_2f, 0x20_2f],
  [0x20_5f, 0x20_5f],
  [0x30_00, 0x30_00],
  [0xfe_ff, 0xfe_ff],
]);

/** `.` of ECMA-262 without the flag s: everything but the four line terminators. */
export const NO_LINE_END: CodePointSet = complement(
  codePointSet([
    [0x0a, 0x0a],
    [0x0d, 0x0d],
    [0x20_28, 0x20_29],
  ]),
);

/** The first halves of surrogate pairs. */
export const LEAD_SURROGATES: CodePointSet = [0xd8_00, 0xdb_ff];

/** The second halves of surrogate pairs. */
export const TRAIL_SURROGATES: CodePointSet = [0xdc_00, 0xdf_ff];
