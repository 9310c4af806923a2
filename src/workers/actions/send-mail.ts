import { createTransport } from 'nodemailer';
import type { SendNotification } from '#domain/action-parameters';
import { scopeKey } from '#domain/scope';
import type { ActionAttempt, AttemptResult } from '#workers/action-attempt';
import { ATTEMPT_MS } from '#workers/action-attempt';
import { runLines } from '#workers/actions/run-facts';

/** The server that takes mail, and who it is from. */
export interface MailServer {
  /** `smtp://` or `smtps://`, with user and password where it wants them. */
  readonly url: string;
  readonly from: string;
}

/** A mail about a run. */
export interface MailToSend {
  readonly parameters: Extract<SendNotification, { readonly channel: 'email' }>;
  readonly signal: AbortSignal;
}

const SUBJECT_MAX = 255;

/**
 * Tells people of a run by mail, as plain text. A retry has the same message id, by which many servers know it. Where some of
 * the recipients are refused the mail counts as sent: the others would get it again.
 */
export async function sendMail(
  server: MailServer | undefined,
  { run, scope, idempotencyId }: ActionAttempt,
  { parameters: { recipients, subject }, signal }: MailToSend,
): Promise<AttemptResult> {
  if (server === undefined)
    return { outcome: 'failed', detail: 'No mail server is set (want ATLAS_SMTP_URL)' };
  const { url, from } = server;
  const transport = createTransport({
    url,
    connectionTimeout: ATTEMPT_MS,
    greetingTimeout: ATTEMPT_MS,
    socketTimeout: ATTEMPT_MS,
    dnsTimeout: ATTEMPT_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const close = (): void => transport.close();
  signal.addEventListener('abort', close);
  try {
    const sent = await transport.sendMail({
      from,
      to: recipients.map((address) => ({ name: '', address })),
      subject: oneLine(subject ?? `Job ${run.job}: ${run.status}`),
      text: [...runLines(run), `Scope: ${scopeKey(scope)}`].join('\n'),
      messageId: `<${idempotencyId}@atlas-registry>`,
      headers: { 'Auto-Submitted': 'auto-generated', 'Idempotency-Key': idempotencyId },
    });
    const detail = `${sent.accepted.length} of ${recipients.length} recipients were accepted`;
    return { outcome: 'succeeded', detail };
  } catch (error) {
    signal.throwIfAborted();
    return failureOf(error);
  } finally {
    signal.removeEventListener('abort', close);
    transport.close();
  }
}

/** A name of a job may hold anything; a header is one line. */
function oneLine(text: string): string {
  return text
    .replaceAll(/[\p{C}\u2028\u2029]+/gu, ' ')
    .slice(0, SUBJECT_MAX)
    .toWellFormed();
}

function failureOf(error: unknown): AttemptResult {
  const { code = 'unknown', responseCode } = error as NodeJS.ErrnoException & {
    readonly responseCode?: number;
  };
  const said = responseCode === undefined ? '' : ` ${responseCode}`;
  const detail = `The mail was not taken: ${code}${said}`;
  // RFC 5321, section 4.2.1: 5yz is permanent. Who is not let in may be so after a change of the settings.
  const isFinal = responseCode !== undefined && responseCode >= 500 && code !== 'EAUTH';
  return { outcome: isFinal ? 'dead' : 'failed', detail };
}
