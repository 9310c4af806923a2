import { LINEAGE_FAULTS_MAX } from '#lineage/lineage-limits';

/**
 * Says which kind of rule an event breaks: `syntax` of JSON, `schema` of OpenLineage, or `value` for what the schema
 * allows and this registry cannot take.
 */
export type LineageRule = 'syntax' | 'schema' | 'value';

/** Tells one thing that is wrong with an event. `path` is a JSON Pointer; the empty one is the whole event. */
export interface LineageFault {
  readonly rule: LineageRule;
  readonly path: string;
  readonly message: string;
}

/** Collects the faults of one event, at most `LINEAGE_FAULTS_MAX`. */
export class LineageFaults {
  readonly list: LineageFault[] = [];

  get isFull(): boolean {
    return this.list.length >= LINEAGE_FAULTS_MAX;
  }

  add(fault: LineageFault): void {
    if (!this.isFull) this.list.push(fault);
  }
}
