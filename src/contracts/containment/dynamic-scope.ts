import {
  keywordsOf,
  type SchemaPlace,
  type SchemaResource,
} from '#contracts/json-schema/schema-place';
import type { SchemaSet } from '#contracts/json-schema/schema-set';

/** Where a reference of a schema leads. */
export interface ReferenceTarget {
  readonly reference: string;
  readonly target: SchemaPlace | undefined;
}

/**
 * The resources that were entered on the way to a schema, outermost first: what `$dynamicRef` and `$recursiveRef` look
 * through. Only those that hold a dynamic anchor count.
 */
export class DynamicScope {
  static readonly empty = new DynamicScope([]);
  readonly key: string;
  readonly #resources: readonly SchemaResource[];

  private constructor(resources: readonly SchemaResource[]) {
    this.#resources = resources;
    this.key = resources.map(({ uri }) => uri).join(' ');
  }

  /** Gives the scope inside of a resource. */
  enter(resource: SchemaResource): DynamicScope {
    const matters = resource.dynamicAnchors.size > 0 || resource.recursive;
    // The outermost one decides: to enter it again changes nothing.
    if (!matters || this.#resources.includes(resource)) return this;
    return new DynamicScope([...this.#resources, resource]);
  }

  /** Lists what the references of a schema lead to. */
  targetsOf(place: SchemaPlace, set: SchemaSet): readonly ReferenceTarget[] {
    const { $ref, $dynamicRef, $recursiveRef } = keywordsOf(place);
    const found: ReferenceTarget[] = [];
    if (typeof $ref === 'string') found.push({ reference: $ref, target: set.resolve(place, $ref) });
    if (typeof $dynamicRef === 'string' && place.dialect === '2020-12') {
      const near = set.resolve(place, $dynamicRef);
      found.push({ reference: $dynamicRef, target: this.#outermost(near, $dynamicRef) });
    }
    if (typeof $recursiveRef === 'string' && place.dialect === '2019-09') {
      const near = set.rootOf(place.resource);
      const far = this.#resources.find(({ recursive }) => recursive);
      const target = near?.resource.recursive && far !== undefined ? set.rootOf(far) : near;
      found.push({ reference: $recursiveRef, target });
    }
    return found;
  }

  #outermost(near: SchemaPlace | undefined, reference: string): SchemaPlace | undefined {
    const name = reference.slice(reference.indexOf('#') + 1);
    // Without a dynamic anchor where it leads by itself it is a plain reference.
    if (near?.resource.dynamicAnchors.get(name) !== near) return near;
    const outer = this.#resources.find(({ dynamicAnchors }) => dynamicAnchors.has(name));
    return outer?.dynamicAnchors.get(name) ?? near;
  }
}
