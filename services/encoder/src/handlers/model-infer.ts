import type { GRPCInferenceServiceService } from '@parallax/proto/inference/grpc_predict_v2';
import type { Handler } from '@parallax/rpc';
import type { Tensor } from '@parallax/tensor';
import type { ServedEncoder } from '../encoders/encoder-library.ts';
import { inferMessage } from '../inference/infer-message.ts';
import { type InferTask, parseInfer } from '../inference/parse-infer.ts';
import { type OutputName, openVersion } from '../inference/served-tensors.ts';
import { embed } from '../passes/embed.ts';
import { drawsOf, predict } from '../passes/predict.ts';
import type { Service } from '../service.ts';

/** Embeds, and classifies through the encoder's own head, for Open Inference Protocol clients. */
export function modelInfer(service: Service): Handler<GRPCInferenceServiceService, 'modelInfer'> {
  return async (request, { signal }) => {
    const encoder = await openVersion(service.library, request.modelName, request.modelVersion);
    const task = parseInfer(request, encoder);
    const tensors: Tensor[] = [];
    for (const output of task.outputs) tensors.push(await compute(output, service, { encoder, task, signal }));
    return inferMessage(request, encoder, task, tensors);
  };
}

interface Inference {
  readonly encoder: ServedEncoder;
  readonly task: InferTask;
  readonly signal: AbortSignal;
}

async function compute(output: OutputName, { bench, library }: Service, inference: Inference): Promise<Tensor> {
  const { encoder, task, signal } = inference;
  const { images, seed } = task;
  const sampleIds = Array.from({ length: images.dims[0] ?? 0 }, (_, row) => row);
  const batch = { encoder, images, randomness: { sampleIds, seed } };
  if (output === 'features') return embed(bench, { ...batch, space: 'features', draw: 0 }, signal);
  const head = await library.openHead(encoder, { kind: 'own' });
  return (await predict(bench, { ...batch, head, draws: drawsOf(encoder) }, signal)).logits;
}
