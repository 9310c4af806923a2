import type { Publisher } from '#stores/publisher';
import type { ActionExecutor } from '#workers/action-attempt';
import { callWebhook } from '#workers/actions/call-webhook';
import { type EmitLineageParts, emitLineage } from '#workers/actions/emit-lineage';
import { openTicket } from '#workers/actions/open-ticket';
import { sendChat } from '#workers/actions/send-chat';
import { type MailServer, sendMail } from '#workers/actions/send-mail';
import { storeResults } from '#workers/actions/store-results';

/** What all types of actions together need. */
export interface ExecuteParts extends EmitLineageParts {
  readonly publisher: Pick<Publisher, 'put'>;
  /** Absent: mail is not sent. */
  readonly mail?: MailServer | undefined;
}

/** Makes what carries out an action of any type. */
export function executeAction(parts: ExecuteParts): ActionExecutor {
  const [webhook, ticket] = [callWebhook(parts), openTicket(parts)];
  const [lineage, results] = [emitLineage(parts), storeResults(parts.publisher)];
  return async (attempt, signal) => {
    const { action } = attempt;
    switch (action.type) {
      case 'STORE_RESULTS':
        return await results({ ...attempt, action }, signal);
      case 'SEND_NOTIFICATION': {
        const { parameters } = action;
        return parameters.channel === 'email'
          ? await sendMail(parts.mail, attempt, { parameters, signal })
          : await sendChat(parts, { ...attempt, action }, { parameters, signal });
      }
      case 'EMIT_LINEAGE':
        return await lineage({ ...attempt, action }, signal);
      case 'CALL_WEBHOOK':
        return await webhook({ ...attempt, action }, signal);
      case 'OPEN_TICKET':
        return await ticket({ ...attempt, action }, signal);
      default:
        return action satisfies never;
    }
  };
}
