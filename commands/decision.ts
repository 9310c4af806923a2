import type { RegistryError } from '#domain/errors';
import type { DomainEvent } from '#domain/event';
import type { Scope } from '#domain/scope';

/**
 * What a command comes to. `append` states one new fact; `unchanged` says that what is asked for is so already;
 * `reject` names the rule that forbids it.
 */
export type Decision<E extends DomainEvent> =
  | { readonly kind: 'append'; readonly event: E }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'reject'; readonly error: RegistryError };

/** What a decision may know beside the state: it arrives as data. */
export interface DecisionContext {
  readonly scope: Scope;
  /** RFC 3339, UTC, milliseconds. */
  readonly time: string;
}

/** Decides to append an event. */
export function append<E extends DomainEvent>(event: E): Decision<E> {
  return { kind: 'append', event };
}

/** Decides to refuse. */
export function reject<E extends DomainEvent>(error: RegistryError): Decision<E> {
  return { kind: 'reject', error };
}
