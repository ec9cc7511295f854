import { InputError } from '@parallax/config';
import {
  decodeModel,
  expand,
  type Graph,
  inline,
  reshape,
  scalarConstant,
  shapeOf,
  slice,
  type Value,
} from '@parallax/graph';
import type { Draw, TracedEncoder } from '@parallax/objectives';
import type { EncoderBundle, EncoderManifest, Role } from './manifest.ts';

/** A bundle read back: its manifest, and its parts as traced functions that become part of larger graphs. */
export interface LoadedEncoder {
  readonly manifest: EncoderManifest;
  readonly traced: TracedEncoder;
}

/** @throws GraphError when a part is not an ONNX model of our operators. */
export function loadBundle({ manifest, parts }: EncoderBundle): LoadedEncoder {
  const graphs = new Map<Role, Graph>([...parts].map(([role, bytes]) => [role, decodeModel(bytes)]));
  const call = (role: Role, args: Readonly<Record<string, Value>>, draw?: Draw): Readonly<Record<string, Value>> => {
    const graph = graphs.get(role);
    if (graph === undefined) throw new Error(`bundle: part ${role} is named but not there`);
    const draws = manifest.parts[role]?.draws ?? [];
    const drawn = draw === undefined ? [] : draws.map((spec) => [spec.name, draw(spec.purpose, spec.law, spec.dims)]);
    return inline(graph, { ...args, ...Object.fromEntries(drawn) });
  };
  const output = (results: Readonly<Record<string, Value>>, name: string): Value => {
    const value = results[name];
    if (value === undefined)
      throw new Error(`bundle: expected an output ${name}, got ${Object.keys(results).join(', ')}`);
    return value;
  };
  const traced: TracedEncoder = {
    encode: (images, draw) => output(call('encode', { images }, draw), 'features'),
    ...(graphs.has('classify') && { classify: headFunction(graphs.get('classify')) }),
    ...(graphs.has('project') && { project: (features: Value) => output(call('project', { features }), 'projection') }),
    ...(graphs.has('reconstruct') && {
      reconstruct: (images: Value, draw: Draw, maskRatio?: number) => {
        if (maskRatio !== undefined) throw fixedRatio(maskRatio);
        const results = call('reconstruct', { images }, draw);
        return {
          prediction: output(results, 'prediction'),
          target: output(results, 'target'),
          mask: output(results, 'mask'),
        };
      },
    }),
    ...(graphs.has('denoise') && {
      denoise: (images: Value, noise: Value, timestep: Value | number) =>
        output(call('denoise', { images, noise, timestep: perSample(timestep, images) }), 'prediction'),
    }),
    ...(manifest.diffusion && { diffusion: manifest.diffusion }),
  };
  return { manifest, traced };
}

/** How many patches a stored part hides is written into its graph. */
function fixedRatio(got: number): InputError {
  return new InputError([
    { field: 'maskRatio', expected: 'none: a stored encoder hides what it was trained to', got: String(got) },
  ]);
}

/** A head as a traced function: features [N, F] → logits [N, C]. */
export function loadHead(bytes: Uint8Array): (features: Value) => Value {
  return headFunction(decodeModel(bytes));
}

function headFunction(graph: Graph | undefined): (features: Value) => Value {
  return (features) => {
    const logits = graph === undefined ? undefined : inline(graph, { features })['logits'];
    if (logits === undefined) throw new Error('head: expected an output logits');
    return logits;
  };
}

/** One timestep for all samples, as one for each. */
function perSample(timestep: Value | number, images: Value): Value {
  if (typeof timestep !== 'number') return timestep;
  const corner = slice(
    images,
    [1, 2, 3].map((axis) => ({ axis, start: 0, end: 1 })),
  );
  return expand(scalarConstant(timestep, 'int64'), shapeOf(reshape(corner, [-1])));
}
