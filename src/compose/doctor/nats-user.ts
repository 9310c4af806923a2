import { type Finding, ok, warning } from '#cli/doctor/finding';
import type { Broker } from '#clients/nats';
import { clockFinding } from '#compose/doctor/clock';
import { quote } from '#domain/errors';
import { systemClock } from '#flow/clock';
import { TAIL_PREFIX } from '#log/streams';

const CHECK = 'nats user';
const WHO_AM_I = '$SYS.REQ.USER.INFO';
const ANSWER_MS = 2_000;

interface Subjects {
  readonly allow?: readonly string[];
  readonly deny?: readonly string[];
}

interface UserInfo {
  readonly server: { readonly time: string };
  readonly data: {
    readonly user: string;
    readonly permissions?: { readonly publish?: Subjects };
  };
}

/** Looks who this process is to NATS, and whether it could forge the live tail. A user who may not ask is confined. */
export async function checkUser({ nc }: Broker): Promise<readonly Finding[]> {
  const askedMs = systemClock.nowMs();
  let info: UserInfo;
  try {
    info = (await nc.request(WHO_AM_I, '', { timeout: ANSWER_MS })).json();
  } catch {
    return [ok(CHECK, 'it may not ask who it is: its permissions are narrow')];
  }
  const { user, permissions } = info.data;
  const clock = clockFinding('NATS', Date.parse(info.server.time), askedMs);
  if (!mayPublish(permissions?.publish, `${TAIL_PREFIX}.REGISTRY.x`))
    return [ok(CHECK, `${quote(user)} cannot forge the live tail`), clock];
  const is = `${quote(user)} may publish to ${TAIL_PREFIX}.>, and so show readers events that are not in the log`;
  return [
    warning(CHECK, is, `deny it to every user, or use the permissions in deploy/nats`),
    clock,
  ];
}

/** Says what permissions of a user mean for one subject. None at all allow everything. */
export function mayPublish({ allow = [], deny = [] }: Subjects = {}, subject: string): boolean {
  if (deny.some((pattern) => covers(pattern, subject))) return false;
  return allow.length === 0 || allow.some((pattern) => covers(pattern, subject));
}

function covers(pattern: string, subject: string): boolean {
  const [wanted, tokens] = [pattern.split('.'), subject.split('.')];
  const open = wanted.at(-1) === '>';
  const fixed = open ? wanted.slice(0, -1) : wanted;
  const fits = fixed.every((token, index) => token === '*' || token === tokens[index]);
  return fits && (open ? tokens.length > fixed.length : tokens.length === fixed.length);
}
