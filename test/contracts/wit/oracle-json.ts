import type { Told } from '#test/contracts/wit/told-resolution';

interface JsonItem {
  readonly name: string | null;
  readonly kind: unknown;
  readonly docs?: { readonly contents: string };
  readonly stability?: Told;
  readonly package: number;
  readonly owner: { readonly interface?: number; readonly world?: number } | null;
  readonly types: Record<string, number>;
  readonly functions: Record<string, JsonFunction>;
  readonly interfaces: Record<string, number>;
  readonly worlds: Record<string, number>;
  readonly imports: Record<string, JsonExtern>;
  readonly exports: Record<string, JsonExtern>;
}

interface JsonFunction {
  readonly name: string;
  readonly kind: string | Record<string, number>;
  readonly params: readonly { readonly name: string; readonly type: JsonRef }[];
  readonly result?: JsonRef;
  readonly docs?: { readonly contents: string };
  readonly stability?: Told;
}

interface JsonExtern {
  readonly interface?: { readonly id: number };
  readonly function?: JsonFunction;
  readonly type?: number;
}

type JsonRef = string | number | null | undefined;
type Dumped = Readonly<Record<'interfaces' | 'packages' | 'types' | 'worlds', readonly JsonItem[]>>;

/** Tells what the JSON of a case says. */
export function tellJson(text: string): Told {
  const dump = JSON.parse(text) as Dumped;
  const at = (list: keyof Dumped, index: number) => dump[list][index] as JsonItem;
  const idOf = (list: 'interfaces' | 'worlds', index: number): string => {
    const item = at(list, index);
    if (item.name === null) return anonymousId(index);
    const [bare = '', version] = (at('packages', item.package).name ?? '').split('@');
    return `${bare}/${item.name}${version === undefined ? '' : `@${version}`}`;
  };
  // An interface in place has no name but the one under which its world lists it.
  const anonymousId = (index: number): string => {
    for (const [number, world] of dump.worlds.entries()) {
      const [name] =
        Object.entries(world.imports).find(([, one]) => one.interface?.id === index) ?? [];
      if (name !== undefined) return `${idOf('worlds', number)}#import:${name}`;
      const [out] =
        Object.entries(world.exports).find(([, one]) => one.interface?.id === index) ?? [];
      if (out !== undefined) return `${idOf('worlds', number)}#export:${out}`;
    }
    return `nowhere ${index}`;
  };
  const key = (index: number): string => {
    const { owner, name } = at('types', index);
    const id =
      owner?.interface === undefined
        ? idOf('worlds', owner?.world ?? -1)
        : idOf('interfaces', owner.interface);
    return `${id}#${name}`;
  };
  const ref = (value: JsonRef): unknown => {
    if (typeof value !== 'number') return value ?? undefined;
    return at('types', value).name === null ? shape(at('types', value).kind) : { type: key(value) };
  };
  const shape = (kind: unknown): unknown => {
    if (typeof kind === 'string') return kind;
    const [[name, value] = ['', undefined]] = Object.entries(kind as Told);
    return shapeNamed(name, value);
  };
  const shapeNamed = (name: string, value: unknown): unknown => {
    const part = value as Record<string, never>;
    const named = (items: readonly JsonItem[]) =>
      items.map((item) => ({
        name: item.name,
        docs: item.docs?.contents,
        type: ref((item as unknown as { type?: JsonRef }).type),
      }));
    switch (name) {
      case 'handle': {
        const [[kind, index] = ['', -1]] = Object.entries(part) as [string, number][];
        return { [kind]: key(index) };
      }
      case 'record':
        return { record: named(part['fields'] as never) };
      case 'variant':
      case 'enum':
        return { [name]: named(part['cases'] as never) };
      case 'flags':
        return { flags: named(part['flags'] as never) };
      case 'tuple':
        return { tuple: (part['types'] as unknown as JsonRef[]).map(ref) };
      case 'result':
        return { result: [ref(part['ok']), ref(part['err'])] };
      case 'map':
        return { map: (value as JsonRef[]).map(ref) };
      case 'fixed-length-list':
        return { [name]: [ref((value as JsonRef[])[0]), (value as JsonRef[])[1]] };
      default:
        return { [name]: ref(value as JsonRef) };
    }
  };
  const func = (value: JsonFunction): Told => ({
    kind: typeof value.kind === 'string' ? value.kind : Object.keys(value.kind)[0],
    params: value.params.map((param) => [param.name, ref(param.type)]),
    result: ref(value.result),
    docs: value.docs?.contents,
    stability: value.stability,
  });
  const extern = (name: string, value: JsonExtern): [string, unknown] => {
    if (value.function !== undefined) return [name, func(value.function)];
    if (value.type !== undefined) return [name, { type: key(value.type) }];
    const id = idOf('interfaces', value.interface?.id ?? -1);
    return [/^interface-\d+$/.test(name) ? id : name, { interface: id }];
  };
  const side = (externs: Record<string, JsonExtern>) =>
    Object.fromEntries(Object.entries(externs).map(([name, value]) => extern(name, value)));
  return {
    packages: Object.fromEntries(dump.packages.map((item) => [item.name, item.docs?.contents])),
    interfaces: Object.fromEntries(
      dump.interfaces.map((item, index) => [
        idOf('interfaces', index),
        {
          types: Object.keys(item.types).sort(),
          functions: entries(item.functions, func),
          docs: item.docs?.contents,
          stability: item.stability,
        },
      ]),
    ),
    worlds: Object.fromEntries(
      dump.worlds.map((item, index) => [
        idOf('worlds', index),
        {
          imports: side(item.imports),
          exports: side(item.exports),
          docs: item.docs?.contents,
          stability: item.stability,
        },
      ]),
    ),
    types: Object.fromEntries(
      dump.types.flatMap((item, index) =>
        item.name === null
          ? []
          : [
              [
                key(index),
                {
                  shape: shape(item.kind),
                  docs: item.docs?.contents,
                  stability: item.stability,
                },
              ],
            ],
      ),
    ),
  };
}

function entries<T>(from: Record<string, T>, tell: (value: T) => unknown): Told {
  return Object.fromEntries(Object.entries(from).map(([name, value]) => [name, tell(value)]));
}
