import { parseAll } from '@parallax/config';
import { parseImages } from '@parallax/datasets';
import { parseDraws, parseSampleIds, parseSeed } from '@parallax/messages';
import type {
  EncoderServiceService,
  PredictRequest,
  PredictResponse,
} from '@parallax/proto/parallax/encoder/v1/encoder_service';
import type { Handler } from '@parallax/rpc';
import { createTensor, encodeTensor, type Tensor, toNumbers } from '@parallax/tensor';
import type { ServedEncoder, ServedHead } from '../encoders/encoder-library.ts';
import { drawsOf, type Prediction, type PredictTask, predict as predictClasses } from '../passes/predict.ts';
import { parseHead } from '../requests/parse-head.ts';
import type { Service } from '../service.ts';

/** Returns logits and classes through a head. */
export function predict({ library, bench }: Service): Handler<EncoderServiceService, 'predict'> {
  return async (request, { signal }) => {
    const encoder = await library.open(request.encoder);
    const head = await library.openHead(encoder, parseHead(request.head));
    const task = parsePredict(request, encoder, head);
    return render(await predictClasses(bench, task, signal), task);
  };
}

function parsePredict(request: PredictRequest, encoder: ServedEncoder, head: ServedHead): PredictTask {
  const { inputShape } = encoder.manifest;
  const { images, sampleIds, seed, draws } = parseAll({
    images: () => parseImages(request.images, { field: 'images', shape: inputShape }),
    sampleIds: () => parseSampleIds(request.sampleIds, request.images?.shape[0] ?? 0),
    seed: () => parseSeed(request.seed),
    draws: () => parseDraws(request.draws, 'draws'),
  });
  const { stopWhenDecided } = request;
  return { encoder, head, images, randomness: { sampleIds, seed }, draws: drawsOf(encoder, draws), stopWhenDecided };
}

function render({ classes, logits, votes }: Prediction, { encoder, draws }: PredictTask): PredictResponse {
  return {
    classes: toNumbers(classes),
    logits: encodeTensor(logits),
    votes: encoder.manifest.stochastic ? encodeTensor(asInt32(votes)) : undefined,
    draws,
  };
}

function asInt32(counts: Tensor): Tensor {
  return createTensor('int32', counts.dims, Int32Array.from(toNumbers(counts)));
}
