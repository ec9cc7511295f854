import type { Judgements, JudgeOptions, Votes } from '@parallax/attacks';
import type { HeadRef } from '@parallax/proto/parallax/common/v1/encoder_ref';
import { PredictRequest, type PredictResponse } from '@parallax/proto/parallax/encoder/v1/encoder_service';
import type { CallOptions } from '@parallax/rpc';
import { decodeTensor, encodeTensor, type Tensor, toNumbers } from '@parallax/tensor';
import type { FoundEncoder } from './encoder-directory.ts';

/** Who judges: an encoder with its head, by so many draws; 0 draws leaves their number to the encoder. */
export interface Judge {
  /** The head is the encoder's own when undefined. */
  readonly source: FoundEncoder & { readonly head: HeadRef | undefined };
  readonly draws: number;
}

/** Images [N,C,H,W] to be judged, and what their randomness is keyed by. */
export interface JudgedBatch {
  readonly images: Tensor<'float32'>;
  readonly sampleIds: readonly number[];
}

/** Has an encoder service judge images, by fresh passes. */
export async function predictClasses(
  judge: Judge,
  batch: JudgedBatch,
  how: JudgeOptions,
  options: CallOptions,
): Promise<Judgements> {
  const { classes, votes } = await askClasses(judge, batch, how, options);
  return { classes, ...(votes && { votes: votesOf(decodeTensor(votes)) }) };
}

/** The same as the service answers it. @throws RpcError when there is no such head. */
export function askClasses(
  { source, draws }: Judge,
  { images, sampleIds }: JudgedBatch,
  { seed, allDraws }: JudgeOptions,
  options: CallOptions,
): Promise<PredictResponse> {
  const request = {
    ...PredictRequest.create({ encoder: source.encoder.name, seed, draws, stopWhenDecided: !allDraws }),
    head: source.head,
    images: encodeTensor(images),
    sampleIds: sampleIds.map(BigInt),
  };
  return source.client.predict(request, options);
}

/** Counts [N,K] → the votes of each image. */
function votesOf(counts: Tensor): readonly Votes[] {
  const [count = 0, classes = 0] = counts.dims;
  const numbers = toNumbers(counts);
  return Array.from({ length: count }, (_, row) => {
    const entries = numbers.slice(row * classes, (row + 1) * classes).map((each, label) => [label, each] as const);
    return new Map(entries.filter(([, each]) => each > 0));
  });
}
