import { createHash } from 'node:crypto';
import {
  createBody,
  createGraph,
  encodeModel,
  foldBatchNormalization,
  type Graph,
  GraphError,
  ImportError,
  type ImportedModel,
  type ImportLimits,
  importModel,
  inline,
  input,
  inputName,
  simplify,
  type Value,
} from '@parallax/graph';
import type { DrawSpec } from '@parallax/objectives';
import { type Engine, foldConstants, RuntimeError } from '@parallax/runtime';
import type { EncoderBundle, EncoderManifest, PartManifest, Role } from '../bundle/manifest.ts';
import type { Paradigm } from '../training/recipe.ts';
import { cutModel, type EncoderParts, type Front } from './cut.ts';
import { findEnds, type WantedEnds } from './ends.ts';
import { adaptImages, checkNormalisation, detectLayout, type ImageShape, type Normalisation } from './input-layout.ts';
import { describeOutputs } from './look-at-outputs.ts';
import { describePreprocessing } from './look-at-preprocessing.ts';
import { countParameters } from './macs.ts';
import { blockerOf, openPreprocessing, type Preprocessing, type PreprocessingSettings } from './preprocessing.ts';
import { modelRefused } from './refused.ts';

/** What the user says of a model; whatever is left open is found out. */
export interface ImportSettings extends WantedEnds, Normalisation {
  /** Shape of one image, where the model leaves it open or takes it as one row. */
  readonly inputShape?: ImageShape;
  /** In words, for display. */
  readonly architecture: string;
  /** What images go through before they are normalised; `inputShape` is that of the model behind it. */
  readonly preprocessing?: PreprocessingSettings;
}

/** A model that has become an encoder, and what was changed or assumed on the way, one sentence each. */
export interface ImportedEncoder {
  readonly bundle: EncoderBundle;
  readonly notes: readonly string[];
}

/**
 * Makes an encoder of an ONNX model: images in [0, 1] → features, and features → logits as its own head.
 * @throws InputError with reason MODEL_REFUSED or UNSUPPORTED_OPERATOR when the model cannot be one, INVALID_FIELD when a
 * setting does not fit the model.
 */
export async function importEncoder(
  bytes: Uint8Array,
  settings: ImportSettings,
  paradigm: Paradigm,
  engine: Engine,
  limits: Partial<ImportLimits> = {},
): Promise<ImportedEncoder> {
  const model = readModel(bytes, settings.inputShape, limits);
  const layout = detectLayout(model.graph, settings.inputShape);
  const normalisation = checkNormalisation(settings, layout.shape);
  const ends = findEnds(model, settings);
  const before = settings.preprocessing && openPreprocessing(settings.preprocessing, layout.shape, limits);
  const front: Front = {
    shape: before?.shape ?? layout.shape,
    adapt: (images, draw) => adaptImages(before?.apply(images, draw) ?? images, layout, normalisation),
    input: layout.input,
  };
  const parts = cutModel(ends, front, settings.featuresTensor !== undefined);
  const written = await writeParts(parts, engine);
  const seen = await lookAt(parts, front.shape, before, engine);
  const read = [...model.notes, ...layout.notes, ...(before?.notes ?? []), ...parts.notes];
  const notes = [...new Set([...read, ...seen, ...silentNotes(settings)])];
  const manifest: EncoderManifest = {
    format: 'parallax.encoder/1',
    paradigm,
    architecture: settings.architecture,
    inputShape: front.shape,
    featureDimension: parts.featureDimension,
    classes: parts.classes,
    parameters: countParameters([ends.features, ...(ends.logits === undefined ? [] : [ends.logits])]),
    stochastic: parts.draws.length > 0,
    parts: partManifests(written, parts.draws),
    imported: {
      sha256: createHash('sha256').update(bytes).digest('hex'),
      opset: model.opset,
      producer: model.producer,
      gradientBlocker: blockerOf(ends.logits ?? ends.features, layout.input, model.values),
      ...normalisation,
      ...(before && { preprocessing: before.provenance }),
    },
  };
  return { bundle: { manifest, parts: written }, notes: notes.map(asSentence) };
}

/** A model whose images are ours: one graph, images [N, C, H, W] in [0, 1] → its logits or features. */
export interface AdaptedModel {
  readonly graph: Graph;
  readonly shape: ImageShape;
  readonly opset: number;
  readonly producer: string;
  readonly notes: readonly string[];
}

/**
 * Puts before a model what makes of our images what it takes; it is not cut.
 * @throws as {@link importEncoder}.
 */
export function adaptModel(bytes: Uint8Array, settings: ImportSettings): AdaptedModel {
  const model = readModel(bytes, settings.inputShape, {});
  const layout = detectLayout(model.graph, settings.inputShape);
  const { features, logits, notes } = findEnds(model, settings);
  const images = input('images', ['N', ...layout.shape]);
  const seen = adaptImages(images, layout, checkNormalisation(settings, layout.shape));
  const body = createBody([layout.input], [{ name: 'output', value: logits ?? features }]);
  const graph = createGraph([images], inline(body, { [inputName(layout.input)]: seen }));
  const all = [...model.notes, ...layout.notes, ...notes, ...silentNotes(settings)].map(asSentence);
  return { graph, shape: layout.shape, opset: model.opset, producer: model.producer, notes: all };
}

/** The shape of an image is given channels first; a file may want it channels last. */
function readModel(bytes: Uint8Array, shape: ImageShape | undefined, limits: Partial<ImportLimits>): ImportedModel {
  const [channels, height, width] = shape ?? [0, 0, 0];
  const tried = shape === undefined ? [undefined] : [shape, [height, width, channels], undefined];
  let first: unknown;
  for (const inputShape of tried) {
    try {
      return importModel(bytes, { ...(inputShape && { inputShape }), limits });
    } catch (error) {
      first ??= error;
      if (!(error instanceof GraphError)) throw error;
      if (!/input shape|name the shape/.test(error.message)) throw importRefused(error);
    }
  }
  throw importRefused(first as GraphError);
}

function importRefused(error: GraphError): Error {
  const message = error instanceof ImportError ? error.message.replace(/^import: /, '') : error.message;
  return modelRefused('an ONNX model that can be imported', message, error);
}

async function writeParts({ encode, classify }: EncoderParts, engine: Engine): Promise<ReadonlyMap<Role, Uint8Array>> {
  const graphs: readonly (readonly [Role, Graph | undefined])[] = [
    ['encode', encode],
    ['classify', classify],
  ];
  const written = new Map<Role, Uint8Array>();
  for (const [role, graph] of graphs) {
    if (graph !== undefined) written.set(role, encodeModel(simplify(await folded(graph, engine))));
  }
  return written;
}

/** Normalisation becomes part of convolutions, and what depends on weights alone is computed once. @throws InputError when the engine refuses the graph. */
async function folded(graph: Graph, engine: Engine): Promise<Graph> {
  try {
    return await foldConstants(foldBatchNormalization(graph), engine);
  } catch (error) {
    if (error instanceof RuntimeError) throw modelRefused('weights that can be computed', error.message, error);
    throw error;
  }
}

/** Runs the whole once: what cannot run is refused now, and what comes out tells whether it is logits. */
async function lookAt(
  { encode, classify, draws }: EncoderParts,
  shape: ImageShape,
  preprocessing: Preprocessing | undefined,
  engine: Engine,
): Promise<readonly string[]> {
  const [features] = encode.outputs;
  if (features === undefined) return [];
  const logits = classify && inline(classify, { features: features.value })['logits'];
  try {
    const graph = createGraph(encode.inputs, { output: (logits ?? features.value) as Value });
    const outputs = await describeOutputs({ graph, draws, shape }, engine, logits !== undefined);
    return [...outputs, ...(preprocessing === undefined ? [] : await describePreprocessing(preprocessing, engine))];
  } catch (error) {
    if (error instanceof RuntimeError) throw modelRefused('a model that the engine runs', error.message, error);
    throw error;
  }
}

function partManifests(written: ReadonlyMap<Role, Uint8Array>, draws: readonly DrawSpec[]): EncoderManifest['parts'] {
  const manifests = Array.from(written, ([role, bytes]): readonly [Role, PartManifest] => {
    const digest = createHash('sha256').update(bytes).digest('hex');
    return [role, { digest, bytes: bytes.byteLength, draws: role === 'encode' ? draws : [] }];
  });
  return Object.fromEntries(manifests);
}

function silentNotes({ mean, deviation }: Normalisation): readonly string[] {
  if (mean.length > 0 || deviation.length > 0) return [];
  return ['the model is given images in [0, 1] as they are; name a mean and a deviation if it expects others'];
}

/** Notes come from several places: each becomes a sentence. */
function asSentence(note: string): string {
  const begun = `${note.charAt(0).toUpperCase()}${note.slice(1)}`;
  return begun.endsWith('.') ? begun : `${begun}.`;
}
