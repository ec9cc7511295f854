import { InputError, within } from '@parallax/config';
import type {
  EncoderServiceService,
  ValueAndGradientSessionRequest_Opening as Opening,
  ValueAndGradientSessionRequest,
} from '@parallax/proto/parallax/encoder/v1/encoder_service';
import type { Handler } from '@parallax/rpc';
import { planLooks } from '../passes/plan-looks.ts';
import { valueAndGradient as lookAtImages } from '../passes/value-and-gradient.ts';
import { openSession, parseQuery } from '../requests/parse-session.ts';
import { lookPlanMessage, sessionLookMessage } from '../responses/look-message.ts';
import type { Service } from '../service.ts';

/** Keeps a clean batch, says what looks at it are like, and answers one look after the other. */
export function valueAndGradientSession(service: Service): Handler<EncoderServiceService, 'valueAndGradientSession'> {
  return async function* (requests, { signal }) {
    const messages = requests[Symbol.asyncIterator]();
    const opening = await openingOf(messages);
    const session = await within('opening', () => openSession(opening, service));
    yield lookPlanMessage(await within('opening', () => planLooks(service.bench, session.scene)));
    for await (const { message } of { [Symbol.asyncIterator]: () => messages }) {
      if (message?.$case !== 'query') throw refused('a query after the opening', message?.$case);
      const task = within('query', () => parseQuery(message.value, session));
      // What is found wrong only now is a setting of the objective.
      yield sessionLookMessage(await within('opening', () => lookAtImages(service.bench, task, signal)));
    }
  };
}

async function openingOf(messages: AsyncIterator<ValueAndGradientSessionRequest>): Promise<Opening> {
  const first = await messages.next();
  const message = first.done === true ? undefined : first.value.message;
  if (message?.$case === 'opening') return message.value;
  throw refused('an opening as the first message', message?.$case);
}

function refused(expected: string, got = 'nothing'): InputError {
  return new InputError([{ field: 'message', expected, got }]);
}
