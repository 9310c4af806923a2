import type { CommandAnswer, CommandContext } from '#commands/run-command';
import { canonicalJson } from '#domain/canonical-json';
import { sha256Of } from '#domain/digest';
import { quote, RegistryError } from '#domain/errors';
import type { CommandId, DomainEvent } from '#domain/event';
import { START } from '#domain/position';
import { POSITION_HEADER } from '#http/consistency';
import type { HttpCommands, HttpDependencies, PositionedView } from '#http/dependencies';
import type { ParsedRequest } from '#http/route';
import { frozenError } from '#http/stale-reads';

const NO_FINGERPRINT = sha256Of('');
const KEY = /^[!-~]([ -~]{0,253}[!-~])?$/;

/**
 * Gives the commands of this node.
 * @throws READ_ONLY on a node that only reads, FROZEN when what it would decide on is not to be trusted
 */
export function writableCommands({ commands, frozen }: HttpDependencies): HttpCommands {
  if (commands === undefined) {
    throw new RegistryError(
      'READ_ONLY',
      'Cannot write here: this node only reads (want a node with the role writer or all)',
      { outcome: 'not-applied' },
    );
  }
  const reason = frozen();
  if (reason !== undefined) throw frozenError('write', reason);
  return commands;
}

/**
 * Says who sends a command and which it is. The id is the client's `Idempotency-Key`, else a new one; the fingerprint is
 * that of everything that was asked for, so that a key used twice is found.
 * @throws INVALID_REQUEST for a key that is malformed
 */
export function commandContext(
  dependencies: Pick<HttpDependencies, 'newId'>,
  operation: string,
  request: ParsedRequest<unknown, unknown, unknown>,
): CommandContext {
  const { params, body } = request;
  const key = idempotencyKey(request);
  return {
    ...senderOf(request),
    commandId: (key ?? dependencies.newId()) as CommandId,
    // Only a client's key can come twice; without one there is nothing to compare.
    requestFingerprint:
      key === undefined ? NO_FINGERPRINT : sha256Of(canonicalJson([operation, params, body])),
  };
}

/** Says who sends a command, and with which request. */
export function senderOf({
  scope,
  actor,
  requestId,
  trace,
}: ParsedRequest<unknown, unknown, unknown>): Omit<
  CommandContext,
  'commandId' | 'requestFingerprint'
> {
  return { scope, actor, requestId, ...(trace === undefined ? {} : { trace }) };
}

/** Reads `Idempotency-Key`, or `X-Idempotency-Key`. @throws INVALID_REQUEST */
export function idempotencyKey({
  header,
}: Pick<ParsedRequest<unknown, unknown, unknown>, 'header'>) {
  const [standard, prefixed] = [header('idempotency-key'), header('x-idempotency-key')];
  const key = standard ?? prefixed;
  if (key === undefined) return undefined;
  if (!KEY.test(key) || (prefixed !== undefined && prefixed !== key)) {
    throw new RegistryError(
      'INVALID_REQUEST',
      `Cannot use Idempotency-Key ${quote(key)}: it is malformed, or X-Idempotency-Key differs (want 1 to 255 printable ASCII characters)`,
      { outcome: 'not-applied' },
    );
  }
  return key;
}

/**
 * Waits until the views of this node that answer reads show what a command has made, so that its client reads its own
 * write here; and gives the headers of the answer. Where one is late the answer does not wait for ever: the position says
 * what to ask for.
 */
export async function commandHeaders(
  answer: Pick<CommandAnswer<unknown, DomainEvent>, 'position' | 'replayed'>,
  views: readonly PositionedView[],
  { limits }: Pick<HttpDependencies, 'limits'>,
): Promise<Record<string, string>> {
  // Nothing was carried out.
  if (answer.position === START) return {};
  // The command is carried out: a view whose storage is away only shows it later.
  const waiting = views.filter(({ isAway = false }) => !isAway);
  await Promise.all(
    waiting.map((view) => view.reached(answer.position, limits.visibleWaitMs).catch(() => false)),
  );
  const headers = { [POSITION_HEADER]: String(answer.position) };
  return answer.replayed ? { ...headers, 'Idempotency-Replayed': 'true' } : headers;
}

/** The views that show what is written of contracts, job definitions and action profiles. */
export function definitionViews({
  catalogView,
  registryStoresView,
}: Pick<HttpDependencies, 'catalogView' | 'registryStoresView'>): readonly PositionedView[] {
  return [catalogView, registryStoresView];
}
