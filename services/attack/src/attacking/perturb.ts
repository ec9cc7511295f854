import type { SampleOutcome } from '@parallax/attacks';
import { objectiveMessage, sampleOutcomeOf } from '@parallax/messages';
import {
  PerturbRequest,
  type PerturbResponse,
  PerturbResponse_Plan as PlanMessage,
} from '@parallax/proto/parallax/encoder/v1/encoder_service';
import { type CallOptions, RpcError } from '@parallax/rpc';
import { concatBatch, decodeTensor, encodeTensor, type Tensor } from '@parallax/tensor';
import type { AttackBatch, AttackTask } from './attack-batch.ts';
import type { Perturbed } from './attacker.ts';
import type { Source } from './source.ts';

/** Has a batch attacked next to the weights of the task's one encoder. `report` hears the share done, in [0,1]. */
export async function perturb(
  task: AttackTask,
  batch: AttackBatch,
  options: CallOptions,
  report: (share: number) => void,
): Promise<Perturbed> {
  const images: Tensor<'float32'>[] = [];
  const outcomes: SampleOutcome[] = [];
  let plan = PlanMessage.create();
  const [source] = task.sources;
  if (source === undefined) throw new RangeError('sources: expected one, got none');
  for await (const { message } of source.client.perturb(requestOf(task, source, batch), options)) {
    if (message?.$case === 'plan') plan = message.value;
    if (message?.$case === 'progress') report(shareOf(message.value.progress));
    if (message?.$case !== 'chunk') continue;
    if (message.value.images !== undefined) images.push(decodeTensor(message.value.images) as Tensor<'float32'>);
    outcomes.push(...message.value.outcomes.map(sampleOutcomeOf));
  }
  if (outcomes.length !== batch.sampleIds.length || images.length === 0) {
    throw incomplete(source, batch.sampleIds.length, outcomes.length);
  }
  return { images: concatBatch(images), outcomes, plan };
}

function requestOf({ spec, seed, attack }: AttackTask, source: Source, batch: AttackBatch): PerturbRequest {
  const [objective] = source.objectives;
  return {
    ...PerturbRequest.create({ encoder: source.encoder.name, seed, allowUnchanged: true }),
    head: source.head,
    attack: spec,
    // The stages of a cascade bring their own.
    objective: attack.isCascade ? undefined : objective && objectiveMessage(objective.spec, objective.head),
    images: encodeTensor(batch.images),
    labels: batch.labels,
    targets: batch.targets,
    references: batch.references && { ...batch.references, contents: Buffer.from(batch.references.contents) },
    sampleIds: batch.sampleIds.map(BigInt),
  };
}

type StepProgress = Extract<NonNullable<PerturbResponse['message']>, { $case: 'progress' }>['value'];

function shareOf(progress: StepProgress['progress']): number {
  return progress === undefined || progress.total === 0n ? 0 : Number(progress.done) / Number(progress.total);
}

/** The message limit and the deadline are the encoder service's to keep; this is its defect. */
function incomplete({ encoder: { name } }: Source, expected: number, got: number): RpcError {
  return new RpcError('INTERNAL', `encoder ${name}: expected the results of ${expected} samples, got ${got}`);
}
