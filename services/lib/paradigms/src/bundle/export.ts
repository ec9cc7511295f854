import { createHash } from 'node:crypto';
import { constant, createGraph, encodeModel, fixedDim, type Graph, input, simplify, type Value } from '@parallax/graph';
import { createDraws, type DrawSpec, type TracedEncoder } from '@parallax/objectives';
import { type Engine, foldConstants } from '@parallax/runtime';
import { bind } from '../model/parameters.ts';
import type { Recipe } from '../training/recipe.ts';
import type { TrainedModel } from '../training/train.ts';
import {
  type EncoderBundle,
  type EncoderManifest,
  type PartManifest,
  type Role,
  roles,
  type TrainingProvenance,
} from './manifest.ts';

interface TracedPart {
  readonly graph: Graph;
  readonly draws: readonly DrawSpec[];
}

/** Writes a trained model as an encoder bundle: one ONNX file for each part, with all that training needed folded away. */
export async function exportBundle(
  recipe: Recipe,
  model: TrainedModel,
  engine: Engine,
  training: TrainingProvenance,
): Promise<EncoderBundle> {
  const vectors = { parameters: constant(model.parameters), buffers: constant(model.buffers) };
  const encoder = recipe.model(bind(model.layout, vectors, { training: false }), model.context);
  const { side, classes } = model.context;
  const traced = traceParts(encoder, side);
  const parts = new Map<Role, Uint8Array>();
  const manifests: Partial<Record<Role, PartManifest>> = {};
  for (const role of roles) {
    const part = traced[role];
    if (part === undefined) continue;
    const bytes = encodeModel(simplify(await foldConstants(part.graph, engine)));
    parts.set(role, bytes);
    manifests[role] = {
      digest: createHash('sha256').update(bytes).digest('hex'),
      bytes: bytes.byteLength,
      draws: part.draws,
    };
  }
  const manifest: EncoderManifest = {
    format: 'parallax.encoder/1',
    paradigm: recipe.paradigm,
    architecture: recipe.architecture,
    inputShape: [3, side, side],
    featureDimension: featureDimension(encoder, side),
    classes: encoder.classify === undefined ? 0 : classes,
    parameters: model.layout.parameterCount,
    stochastic: recipe.stochastic,
    ...(encoder.diffusion === undefined ? {} : { diffusion: encoder.diffusion }),
    parts: manifests,
    training,
  };
  return { manifest, parts };
}

/** Every part that an encoder has, as a graph of its own. */
export function traceParts(encoder: TracedEncoder, side: number): { readonly [R in Role]?: TracedPart } {
  const { classify, project, reconstruct, denoise } = encoder;
  const images = input('images', ['N', 3, side, side]);
  const features = input('features', ['N', featureDimension(encoder, side)]);
  const noise = input('noise', ['N', 3, side, side]);
  const timestep = input('timestep', ['N'], 'int64');
  const part = (
    inputs: readonly Value[],
    trace: (draw: ReturnType<typeof createDraws>['draw']) => Readonly<Record<string, Value>>,
  ): TracedPart => {
    const draws = createDraws();
    const outputs = trace(draws.draw);
    return { graph: createGraph([...inputs, ...draws.inputs], outputs), draws: draws.specs };
  };
  return {
    encode: part([images], (draw) => ({ features: encoder.encode(images, draw) })),
    ...(classify && { classify: part([features], () => ({ logits: classify(features) })) }),
    ...(project && { project: part([features], () => ({ projection: project(features) })) }),
    ...(reconstruct && { reconstruct: part([images], (draw) => ({ ...reconstruct(images, draw) })) }),
    ...(denoise && {
      denoise: part([images, noise, timestep], () => ({ prediction: denoise(images, noise, timestep) })),
    }),
  };
}

function featureDimension(encoder: TracedEncoder, side: number): number {
  return fixedDim(encoder.encode(input('images', ['N', 3, side, side]), createDraws().draw).shape, 1);
}
