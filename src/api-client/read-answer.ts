import { UnexpectedAnswerError } from '#api-client/errors';
import { isWrite, mediaTypesOf, type OperationName } from '#api-client/operation-call';

const JSON_TYPE = 'application/json';

/**
 * Reads the body of a success; `undefined` where the operation has none, or where nothing has changed.
 * @throws UnexpectedAnswerError for what the operation does not answer
 */
export async function readAnswer(operation: OperationName, response: Response): Promise<unknown> {
  const { status, headers } = response;
  const facts = { status, requestId: headers.get('x-request-id') ?? undefined };
  if (status === 304) return undefined;
  const wanted = mediaTypesOf(operation);
  const type = mediaTypeOf(headers);
  if (wanted.length === 0 && status === 204) return undefined;
  if (type === undefined || !wanted.includes(type)) {
    await response.body?.cancel();
    const is = `it is ${status} with ${type ?? 'nothing'}, not with ${wanted.join(' or ') || 'nothing'}`;
    throw unexpected(operation, facts, { is });
  }
  if (type.startsWith('text/') || type === 'application/x-ndjson') return await response.text();
  if (type !== JSON_TYPE) return new Uint8Array(await response.arrayBuffer());
  const text = await response.text();
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw unexpected(operation, facts, { is: 'it is no JSON', cause: error });
  }
}

/** Gives the media type of an answer without its parameters, in small letters. */
export function mediaTypeOf(headers: Headers): string | undefined {
  const type = headers.get('content-type')?.split(';')[0]?.trim().toLowerCase() ?? '';
  return type === '' ? undefined : type;
}

/** Makes the error for an answer that is not one of a registry. */
export function unexpected(
  operation: OperationName,
  facts: { readonly status: number; readonly requestId: string | undefined },
  { is, cause }: { readonly is: string; readonly cause?: unknown },
): UnexpectedAnswerError {
  const outcome = isWrite(operation) ? 'unknown' : undefined;
  const message = `Cannot use the answer to ${operation}: ${is} (want that of a registry)`;
  return new UnexpectedAnswerError(message, { ...facts, outcome }, cause);
}
