import { batches, type Dataset } from '@parallax/datasets';
import { PredictRequest } from '@parallax/proto/parallax/encoder/v1/encoder_service';
import type { EncoderOutcome } from '@parallax/proto/parallax/experiment/v1/experiment';
import type { PlannedEncoder } from '@parallax/proto/parallax/experiment/v1/plan';
import { encodeTensor } from '@parallax/tensor';
import type { CarriedOut } from './carried-out.ts';
import { headRef } from './probe.ts';
import { encoderRef } from './train.ts';

/** Images sent at once unless the plan says otherwise. */
const standardBatch = 100;

/** What an encoder of the plan takes each image of a set for: majority over fresh draws where it is stochastic. */
export async function ask(
  experiment: CarriedOut,
  planned: PlannedEncoder,
  known: EncoderOutcome,
  dataset: Dataset,
): Promise<readonly number[]> {
  const { plan, peers, signal } = experiment;
  const ref = encoderRef(planned);
  const { client } = await peers.encoders.find(ref, { signal });
  const classes: number[] = [];
  for (const indices of batches(dataset, plan.batchSize === 0 ? standardBatch : plan.batchSize)) {
    const request = {
      ...PredictRequest.create({}),
      encoder: ref.name,
      head: headRef(known),
      images: encodeTensor(dataset.images(indices)),
      sampleIds: indices.map((index) => BigInt(dataset.sampleIds[index] ?? index)),
      seed: plan.seed,
      stopWhenDecided: true,
    };
    const answer = await client.predict(request, { signal, deadlineMs: Number.POSITIVE_INFINITY });
    classes.push(...answer.classes);
  }
  return classes;
}

/** How many of the answers are the true class. */
export function countCorrect(classes: readonly number[], { labels }: Dataset): number {
  return classes.filter((predicted, index) => predicted === labels[index]).length;
}
