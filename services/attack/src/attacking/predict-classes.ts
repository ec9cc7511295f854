import { PredictRequest, type PredictResponse } from '@parallax/proto/parallax/encoder/v1/encoder_service';
import type { CallOptions } from '@parallax/rpc';
import { encodeTensor, type Tensor } from '@parallax/tensor';
import type { Source } from './source.ts';

/** Who judges: an encoder with its head, under a seed, by so many draws; 0 draws leaves their number to the encoder. */
export interface Judge {
  readonly source: Source;
  readonly seed: bigint;
  readonly draws: number;
}

/** The class of each image [N,C,H,W], from a fresh pass through the encoder service. */
export async function predictClasses(
  judge: Judge,
  images: Tensor<'float32'>,
  sampleIds: readonly number[],
  options: CallOptions,
): Promise<readonly number[]> {
  return (await predict(judge, images, sampleIds, options)).classes;
}

/**
 * How many classes the head that judges tells apart. Asks for the class of one image.
 * @throws RpcError when there is no such head.
 */
export async function countClasses(source: Source, image: Tensor<'float32'>, options: CallOptions): Promise<number> {
  const { logits } = await predict({ source, seed: 0n, draws: 1 }, image, [0], options);
  return logits?.shape[1] ?? 0;
}

function predict(
  { source, seed, draws }: Judge,
  images: Tensor<'float32'>,
  sampleIds: readonly number[],
  options: CallOptions,
): Promise<PredictResponse> {
  const request = {
    ...PredictRequest.create({ encoder: source.encoder.name, seed, draws, stopWhenDecided: true }),
    head: source.head,
    images: encodeTensor(images),
    sampleIds: sampleIds.map(BigInt),
  };
  return source.client.predict(request, options);
}
