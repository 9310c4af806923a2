import type { Position } from '#domain/position';

/** One thing that is not as it was, or as it should be. */
export type AuditFinding =
  /** No event where one was anchored, or where the log goes on behind it. */
  | { readonly kind: 'removed'; readonly from: Position; readonly to: Position }
  /** Another event than the one that was anchored. */
  | { readonly kind: 'changed'; readonly position: Position; readonly what: string }
  /** An event between those that were anchored. */
  | { readonly kind: 'inserted'; readonly position: Position; readonly what: string }
  /** An event that does not follow the one before it on its aggregate. */
  | { readonly kind: 'unlinked'; readonly position: Position; readonly what: string }
  /** An event that cannot be read. */
  | { readonly kind: 'unreadable'; readonly position: Position; readonly what: string }
  /** The log ends before its anchors do: an older copy, or what was acknowledged is lost. */
  | { readonly kind: 'cut-off'; readonly from: Position; readonly to: Position }
  /** The stream is another one under the same name. */
  | { readonly kind: 'made-anew'; readonly what: string }
  /** An anchor that is missing, is none, is not signed by a known key or does not follow the one before it. */
  | { readonly kind: 'anchor'; readonly sequence: number; readonly what: string };

/** Says a finding in one line, for people. */
export function describeFinding(finding: AuditFinding): string {
  switch (finding.kind) {
    case 'removed':
      return `${events(finding)} removed`;
    case 'changed':
      return `Event ${finding.position} was changed: ${finding.what}`;
    case 'inserted':
      return `Event ${finding.position} was inserted: ${finding.what}`;
    case 'unlinked':
      return `Event ${finding.position} does not follow the one before it: ${finding.what}`;
    case 'unreadable':
      return `Event ${finding.position} cannot be read: ${finding.what}`;
    case 'cut-off':
      return `${events(finding)} missing at the end: the log is an older one than was anchored`;
    case 'made-anew':
      return `The stream was made anew: ${finding.what}`;
    case 'anchor':
      return `Anchor ${finding.sequence}: ${finding.what}`;
    default:
      return finding satisfies never;
  }
}

function events({ from, to }: { readonly from: Position; readonly to: Position }): string {
  return from === to ? `Event ${from} is` : `Events ${from} to ${to} are`;
}
