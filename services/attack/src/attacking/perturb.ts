import type { SampleOutcome } from '@parallax/attacks';
import { sampleOutcomeOf } from '@parallax/messages';
import {
  PerturbRequest,
  type PerturbResponse,
  PerturbResponse_Plan as PlanMessage,
} from '@parallax/proto/parallax/encoder/v1/encoder_service';
import { type CallOptions, RpcError } from '@parallax/rpc';
import { concatBatch, decodeTensor, encodeTensor, type Tensor } from '@parallax/tensor';
import type { AttackBatch, AttackTask } from './attack-batch.ts';

/** What the encoder service says it has done. */
export interface Perturbed {
  readonly images: Tensor<'float32'>;
  readonly outcomes: readonly SampleOutcome[];
  readonly plan: PlanMessage;
}

/** Has a batch attacked next to the weights. `report` hears the share done, in [0,1]. */
export async function perturb(
  task: AttackTask,
  batch: AttackBatch,
  options: CallOptions,
  report: (share: number) => void,
): Promise<Perturbed> {
  const images: Tensor<'float32'>[] = [];
  const outcomes: SampleOutcome[] = [];
  let plan = PlanMessage.create();
  for await (const { message } of task.source.client.perturb(requestOf(task, batch), options)) {
    if (message?.$case === 'plan') plan = message.value;
    if (message?.$case === 'progress') report(shareOf(message.value.progress));
    if (message?.$case !== 'chunk') continue;
    if (message.value.images !== undefined) images.push(decodeTensor(message.value.images) as Tensor<'float32'>);
    outcomes.push(...message.value.outcomes.map(sampleOutcomeOf));
  }
  if (outcomes.length !== batch.sampleIds.length || images.length === 0) {
    throw incomplete(task, batch.sampleIds.length, outcomes.length);
  }
  return { images: concatBatch(images), outcomes, plan };
}

function requestOf({ source, spec, seed }: AttackTask, batch: AttackBatch): PerturbRequest {
  return {
    ...PerturbRequest.create({ encoder: source.encoder.name, seed, allowUnchanged: true }),
    head: source.head,
    attack: spec,
    objective: source.objective,
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
function incomplete({ source }: AttackTask, expected: number, got: number): RpcError {
  const { name } = source.encoder;
  return new RpcError('INTERNAL', `encoder ${name}: expected the results of ${expected} samples, got ${got}`);
}
