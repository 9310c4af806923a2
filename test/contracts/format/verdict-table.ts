/** Texts of every format: those that are valid, invalid, and open. A broken bar between spaces parts them. */
const TEXTS: Readonly<
  Record<string, { readonly valid: string; readonly invalid: string; readonly open?: string }>
> = {
  date: {
    valid: `2000-02-29 ¦ 1900-02-28 ¦ 0000-02-29 ¦ 9999-12-31`,
    invalid:
      ` ¦ 1900-02-29 ¦ 2024-00-01 ¦ 2024-01-00 ¦ 2024-1-01 ¦ 2024-04-31  ¦ +2024-01-01 ¦ ` +
      `２０２４-01-01 ¦ 2024-01-01\n`,
  },
  time: {
    valid: `00:00:00Z ¦ 23:59:59.000000001z ¦ 12:00:00-00:00 ¦ 15:59:60-08:00 ¦ 01:29:60.5+01:30`,
    invalid:
      ` ¦ 12:00:00 ¦ 12:00Z ¦ 24:00:00Z ¦ 12:60:00Z ¦ 12:00:61Z ¦ 12:00:60Z ¦ 12:00:00.Z ¦ ` +
      `12:00:00,5Z ¦ 12:00:00+24:00 ¦ 12:00:00+00:60 ¦ 12:00:00+0100 ¦ 12:00:00 Z ¦ ` +
      `٠٨:30:06Z`,
  },
  'date-time': {
    valid:
      `2024-02-29T12:00:00Z ¦ 2024-02-29t12:00:00z ¦ 1990-12-31T15:59:60-08:00 ¦ 1999-01-01T01:29:60+01:30 ¦ ` +
      `1998-12-31T23:59:60Z ¦ 2015-06-30T23:59:60.9Z`,
    invalid:
      `2024-02-29 12:00:00Z ¦ 2024-02-29T12:00:00 ¦ 2023-02-29T12:00:00Z ¦ 1998-12-31T22:59:60Z ¦ ` +
      `1998-12-31T23:58:60Z ¦ 2024-02-29T ¦ T12:00:00Z ¦ 12024-02-29T12:00:00Z`,
    open: `2024-02-03T23:59:60Z ¦ 1999-01-02T01:29:60+01:30`,
  },
  duration: {
    valid: `P1Y ¦ P1M ¦ P1Y2M ¦ P10W ¦ PT1H2M ¦ PT36H ¦ P1DT1S ¦ P00D`,
    invalid:
      ` ¦ P ¦ PT ¦ P1 ¦ 1D ¦ P1DT ¦ P1Y2D ¦ PT1H2S ¦ P1W1D ¦ P1.5D ¦ PT1.5S ¦ -P1D ¦ ` +
      `p1d ¦ P1D1D ¦ PT1HT1H ¦ P１D ¦ P1M1Y`,
  },
  email: {
    valid:
      `a@b.c ¦ a+b@x.example ¦ "a b@c"@x.example ¦ "a\\"b"@x ¦ !#$%&'*+-/=?^_\`{|}~@x.example ¦ ` +
      `a@[192.0.2.1] ¦ a@[IPv6:2001:db8::1]`,
    invalid: ` ¦ a ¦ @b ¦ a@ ¦ a..b@c ¦ .a@b ¦ a.@b ¦ a@b@c ¦ a@.b ¦ a@b..c ¦ zoë@b.c ¦ a@[192.0.2.1`,
    open: `a (note)@b.c ¦ a@b_c ¦ a@-b ¦ a@b- ¦ a@[x:1] ¦ ${'a'.repeat(65)}@b.c ¦ a@${'b.'.repeat(130)}c`,
  },
  'idn-email': {
    valid: `a@b.c ¦ zoë@b.c ¦ 실례@example.org ¦ "é è"@b.c`,
    invalid: ` ¦ 실례 ¦ @실례 ¦ é..è@b.c ¦ \ud800@b.c ¦ a@b@c`,
    open: `a@größe.example`,
  },
  hostname: {
    valid: `a ¦ A1 ¦ 1a ¦ a.b ¦ 3com.example ¦ ${'a'.repeat(63)}.b`,
    invalid:
      ` ¦ . ¦ a. ¦ .a ¦ a..b ¦ -a ¦ a- ¦ a_b ¦ a b ¦ é ¦ a。b ¦ ${'a'.repeat(64)}.b ¦ ` +
      'a.'.repeat(127),
    open: `xn--nw2a.example ¦ ab--c ¦ 1.2.3.4 ¦ 1`,
  },
  'idn-hostname': {
    valid: `a ¦ a-b.example`,
    invalid: ` ¦ -a ¦ a_b ¦ .a ¦ -> $1.00 <--`,
    open: `größe.example ¦ xn--X ¦ 실례.테스트 ¦ \u0300a`,
  },
  ipv4: {
    valid: `0.0.0.0 ¦ 255.255.255.255 ¦ 1.20.100.249`,
    invalid:
      ` ¦ 256.0.0.1 ¦ 1.2.3 ¦ 1.2.3.4.5 ¦ 01.2.3.4 ¦ 1.2.3.4  ¦ 0x1.2.3.4 ¦ 1..2.3 ¦ ` +
      `१.2.3.4 ¦ 1.2.3.4\n ¦ 1.2.3.-4`,
  },
  ipv6: {
    valid:
      `:: ¦ ::1 ¦ 1:: ¦ 1:2:3:4:5:6:7:8 ¦ 1:2:3:4:5:6:7:: ¦ ::2:3:4:5:6:7:8 ¦ 1:2:3:4:5:6:1.2.3.4 ¦ ` +
      `::1.2.3.4 ¦ ABCD:ef01::`,
    invalid:
      ` ¦ : ¦ ::: ¦ 1 ¦ 1:2:3:4:5:6:7 ¦ 1:2:3:4:5:6:7:8:9 ¦ 1:2:3:4:5:6:7::8 ¦ 1::2::3 ¦ ` +
      `12345:: ¦ g:: ¦ ::1%eth0 ¦ ::/8 ¦ 1.2.3.4:: ¦ 1.2.3.4:1:2:3:4:5:6 ¦ 1:2:3:4:5:6:7:1.2.3.4 ¦ ` +
      `[::1] ¦  ::1 ¦ ::1: ¦ :1::`,
  },
  uri: {
    valid:
      `a: ¦ a:b ¦ a:// ¦ a:///b ¦ a+b-c.1:/ ¦ http://a:80 ¦ http://a:/ ¦ http://u:p@[::1]:80/?# ¦ ` +
      `http://[v1.x:y]/ ¦ a:b?c?d#e/? ¦ urn:x:%41`,
    invalid:
      ` ¦ a ¦ //a ¦ 1a:b ¦ a b:c ¦ a:b c ¦ a:%4 ¦ a:%zz ¦ a:[ ¦ http://a:b ¦ http://a@b@c ¦ ` +
      `http://[::1 ¦ http://[1] ¦ http://[::1]x ¦ http://[::1%25eth0] ¦ a:b#c#d ¦ a:é ¦ ` +
      `a:<b> ¦ a:"b" ¦ a:b\\c ¦ a:{b} ¦ a:^ ¦ a:b\n`,
  },
  'uri-reference': {
    valid: ` ¦ a ¦ /a ¦ //a ¦ /// ¦ ?a ¦ #a ¦ ./a:b ¦ a/b:c ¦ ../.. ¦ a:b ¦ @ ¦ *`,
    invalid: `  ¦ a b ¦ 1:b ¦ a,b:c ¦ //a:b ¦ \\a ¦ #a#b ¦ é ¦ % ¦ %1 ¦ [a]`,
  },
  iri: {
    valid: `a:é ¦ http://größe.example/ü?\u{e000}#ö ¦ a:\u{10000} ¦ a:\u{e1000}`,
    invalid:
      ` ¦ é ¦ é:a ¦ a:\u{e000} ¦ a:\ufdd0 ¦ a:\u{1ffff} ¦ a:\u{e0001} ¦ a:\ud800 ¦ ` +
      `a:b#\u{e000} ¦ a:\u0085 ¦ http://é:é`,
    open: `a:\u200e ¦ a:\u202eb`,
  },
  'iri-reference': {
    valid: ` ¦ é ¦ //é ¦ #é ¦ é/a:b`,
    invalid: `é:a ¦ é b ¦ \\é ¦ #é\\a ¦ \uffff`,
    open: `é\u200f`,
  },
  'uri-template': {
    valid:
      ` ¦ a%20b ¦ {a} ¦ {+a} ¦ {#a,b} ¦ {?a:1,b*} ¦ {a.b} ¦ ` +
      `{%41_1} ¦ {a:9999} ¦ {=a} ¦ {,a} ¦ é{a}\u{e000} ¦ [a] ¦ &;`,
    invalid:
      `{ ¦ } ¦ {} ¦ {a ¦ a} ¦ {{a}} ¦ {a:0} ¦ {a:10000} ¦ {a**} ¦ {a,} ¦ {,} ¦ {.} ¦ ` +
      `{a..b} ¦ {a b} ¦ {-a} ¦ {é} ¦ a b ¦ " ¦ < ¦ > ¦ \\ ¦ ^ ¦ \` ¦ | ¦ % ¦ %4 ¦ \ud800 ¦ ` +
      `{a:1*}`,
    open: `o'a ¦ {a}'`,
  },
  'json-pointer': {
    valid: ` ¦ / ¦ /a~0~1 ¦ // ¦ /é ¦ /\n`,
    invalid: `a ¦ # ¦ /~ ¦ /~2 ¦ /a~ ¦  /`,
  },
  'relative-json-pointer': {
    valid: `0 ¦ 0# ¦ 10/a ¦ 1/ ¦ 0/~0`,
    invalid: ` ¦ # ¦ /a ¦ 00 ¦ 01/a ¦ -1 ¦ 0## ¦ 1a ¦ 1/~ ¦ １ ¦ 0  ¦ 0#/a ¦ 1+ ¦ 1+01`,
    open: `0+1 ¦ 1-2/a ¦ 0+1#`,
  },
  uuid: {
    valid: `00000000-0000-0000-0000-000000000000 ¦ ABCDEFab-cdef-0123-4567-89abcdefABCD`,
    invalid:
      ` ¦ 0000000-0000-0000-0000-000000000000 ¦ 00000000-0000-0000-0000-0000000000000 ¦ ` +
      `{00000000-0000-0000-0000-000000000000} ¦ g0000000-0000-0000-0000-000000000000 ¦ ` +
      `00000000000000000000000000000000 ¦ 00000000-0000-0000-0000-000000000000\n`,
  },
  regex: {
    valid: ` ¦ a|b ¦ ^\\p{L}+$ ¦ (?<a>b)\\k<a> ¦ [\\]] ¦ (?=a) ¦ \\u{1F600}`,
    invalid: `( ¦ ) ¦ [ ¦ a** ¦ (?<a ¦ * ¦ \\ ¦ (?<a>b)(?<a>c) ¦ [b-a]`,
    open: `\\- ¦ { ¦ a{,2} ¦ \\Z ¦ ${'('.repeat(5_000)}`,
  },
};

/** One text of one format, and the verdict that is right. */
export interface VerdictRow {
  readonly format: string;
  readonly text: string;
  readonly verdict: 'valid' | 'invalid' | 'unknown';
}

/** Gives every row of the table. */
export function verdictRows(): readonly VerdictRow[] {
  return Object.entries(TEXTS).flatMap(([format, { valid, invalid, open }]) => {
    const rows = (texts: string | undefined, verdict: VerdictRow['verdict']) =>
      texts?.split(' ¦ ').map((text) => ({ format, text, verdict })) ?? [];
    return [rows(valid, 'valid'), rows(invalid, 'invalid'), rows(open, 'unknown')].flat();
  });
}
