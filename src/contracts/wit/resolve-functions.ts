import type {
  WitMember,
  WitName,
  WitNoted,
  WitPlace,
  WitSignature,
  WitType,
  WitTypeDefinition,
} from '#contracts/wit/ast';
import type { ItemScope } from '#contracts/wit/item-scope';
import type { ResolvedFunction, WitRef } from '#contracts/wit/resolved';
import { quote } from '#domain/errors';

interface FunctionSource {
  readonly kind: ResolvedFunction['kind'];
  readonly name: string;
  /** Where faults of the whole function stand. */
  readonly at: WitPlace;
  readonly noted: WitNoted;
  readonly signature: WitSignature;
  /** What stands before the parameters that are written. */
  readonly self?: WitRef;
  /** What is returned where no result is written. */
  readonly result?: WitRef;
}

/** Resolves a function; undefined where a fault was told. */
export function resolveFunction(
  scope: ItemScope,
  source: FunctionSource,
): ResolvedFunction | undefined {
  const { kind, name, at, noted, signature } = source;
  const before = scope.world.faults.list.length;
  const user: WitName = { text: name, at };
  scope.distinct(signature.params);
  const params = signature.params.flatMap((param) => {
    const type = scope.ref(param.type, user);
    return type === undefined ? [] : [{ name: param.name.text, type }];
  });
  const written = signature.result === undefined ? undefined : scope.ref(signature.result, user);
  const result = written ?? source.result;
  if (result !== undefined && scope.borrows(result)) {
    const message = `Cannot define function ${quote(name)}: returns a borrowed handle (want an owned one)`;
    scope.tell(at, 'borrow', message);
  }
  if (scope.world.faults.list.length > before) return undefined;
  const self = source.self === undefined ? [] : [{ name: 'self', type: source.self }];
  const { docs, gates } = noted;
  return { kind, name, docs, gates, async: signature.async, params: [...self, ...params], result };
}

/** Resolves what a resource can do, each under its full name such as `[method]file.read`. */
export function resolveMembers(
  scope: ItemScope,
  resource: WitTypeDefinition & { readonly kind: 'resource' },
): readonly ResolvedFunction[] {
  const key = scope.types.get(resource.name.text)?.key;
  const seen = new Set<string>();
  return resource.members.flatMap((member) => {
    const text = member.kind === 'constructor' ? '' : member.name.text;
    const user: WitName = { text: text === '' ? 'constructor' : text, at: member.at };
    if (seen.has(text)) {
      const message = `Cannot define function ${quote(user.text)}: is defined for the resource already (want one)`;
      return scope.tell(member.at, 'duplicate', message) ?? [];
    }
    seen.add(text);
    const within = key === undefined ? 'excluded' : 'included';
    const verdict = scope.judge(member, user, within);
    if (key === undefined || verdict !== 'included') return [];
    return resolveMember(scope, { member, resource: resource.name.text, key }) ?? [];
  });
}

function resolveMember(
  scope: ItemScope,
  source: { member: WitMember; resource: string; key: string },
): ResolvedFunction | undefined {
  const { member, resource, key } = source;
  const base = { at: member.at, noted: member, signature: member.signature };
  if (member.kind === 'constructor') {
    checkConstructor(scope, member.signature.result, resource);
    const name = `[constructor]${resource}`;
    return resolveFunction(scope, {
      ...base,
      kind: 'constructor',
      name,
      result: { kind: 'own', key },
    });
  }
  const name = `[${member.kind}]${resource}.${member.name.text}`;
  const self: WitRef = { kind: 'borrow', key };
  return resolveFunction(scope, {
    ...base,
    kind: member.kind,
    name,
    ...(member.kind === 'method' ? { self } : {}),
  });
}

/** A constructor that can fail says so: it returns `result<r, ...>` of its own resource `r`. */
function checkConstructor(scope: ItemScope, result: WitType | undefined, resource: string): void {
  if (result === undefined) return;
  const ok = result.kind === 'result' ? result.ok : undefined;
  if (ok?.kind === 'named' && ok.name.text === resource) return;
  const message = `Cannot define constructor of ${quote(resource)}: returns something else (want a result whose first type is the resource)`;
  scope.tell(ok?.at ?? result.at, 'constructor', message);
}
