import { InputError, within } from '@parallax/config';
import type {
  AttackRequest,
  AttackResponse,
  AttackServiceService,
  AttackRequest_AttackOpening as Opening,
} from '@parallax/proto/parallax/attack/v1/attack_service';
import { type CallOptions, type Handler, reporting } from '@parallax/rpc';
import { encodeTensor, zeros } from '@parallax/tensor';
import { type AttackBatch, type AttackedBatch, type AttackTask, attackBatch } from '../attacking/attack-batch.ts';
import { AttackTally } from '../attacking/attack-tally.ts';
import { type Attacker, createAttacker } from '../attacking/attacker.ts';
import { countClasses } from '../attacking/count-classes.ts';
import { prepareAttack } from '../attacking/prepare-attack.ts';
import { imageShape } from '../attacking/source.ts';
import { parseBatch } from '../requests/parse-batch.ts';
import { attackSummaryMessage } from '../responses/attack-summary-message.ts';
import { sampleRecordMessage } from '../responses/sample-record-message.ts';
import type { Service } from '../service.ts';

/** Progress is sent at most this often. */
const progressIntervalMs = 100;

/** Attacks the caller's own images: for each batch progress and verified results, then a summary of all. */
export function attack({ ground }: Service): Handler<AttackServiceService, 'attack'> {
  return async function* (requests, { signal, deadline }) {
    const options = { signal, deadline };
    const messages = requests[Symbol.asyncIterator]();
    const opening = await parseOpening(messages);
    const environment = { encoders: ground.encoders, engine: ground.engine, options };
    const task = await within('opening', () => prepareAttack(opening, environment));
    const [shape] = task.sources.map(imageShape);
    if (shape === undefined) throw new RangeError('sources: expected at least one, got none');
    const classes = await countClasses(task, zeros('float32', [1, ...shape]), options);
    await using attacker = createAttacker(task, ground.engine);
    const tally = new AttackTally(task.attack);
    let seen = 0;
    for await (const { message } of { [Symbol.asyncIterator]: () => messages }) {
      if (message?.$case !== 'batch')
        throw refused('message', 'a batch after the opening', message?.$case ?? 'nothing');
      const batch = within('batch', () => parseBatch(message.value, { shape, classes, firstId: seen }));
      seen += batch.sampleIds.length;
      for await (const heard of attacking(task, attacker, batch, options)) {
        if (heard.kind === 'result') tally.add(heard.result);
        yield heard.kind === 'result' ? batchMessage(heard.result) : progressMessage(heard.news, batch);
      }
    }
    if (seen === 0) throw refused('batch', 'at least one batch', 'none');
    yield { message: { $case: 'summary', value: attackSummaryMessage(tally.summarize()) } };
  };
}

async function parseOpening(messages: AsyncIterator<AttackRequest>): Promise<Opening> {
  const first = await messages.next();
  const message = first.done === true ? undefined : first.value.message;
  if (message?.$case === 'opening') return message.value;
  throw refused('opening', 'an opening as the first message', message?.$case ?? 'nothing');
}

function attacking(task: AttackTask, attacker: Attacker, batch: AttackBatch, options: CallOptions) {
  return reporting(progressIntervalMs, (report: (share: number) => void) =>
    attackBatch(task, attacker, batch, options, report),
  );
}

function progressMessage(share: number, { sampleIds }: AttackBatch): AttackResponse {
  const total = sampleIds.length;
  const value = {
    stage: 'attack',
    done: BigInt(Math.floor(share * total)),
    total: BigInt(total),
    unit: 'images',
    ratePerSecond: 0,
    remainingSeconds: undefined,
  };
  return { message: { $case: 'progress', value } };
}

function batchMessage({ stored, records }: AttackedBatch): AttackResponse {
  const value = { images: encodeTensor(stored), records: records.map(sampleRecordMessage) };
  return { message: { $case: 'batch', value } };
}

function refused(field: string, expected: string, got: string): InputError {
  return new InputError([{ field, expected, got }]);
}
