import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import {
  add,
  apply,
  constant,
  conv,
  createGraph,
  encodeModel,
  type Graph,
  gemm,
  input,
  matMul,
  mul,
  reduceMean,
  relu,
  repeat,
  reshape,
  scalarConstant,
  shapeOf,
  slice,
  softmax,
  transpose,
} from '@parallax/graph';
import { float32 } from '@parallax/tensor';

function weights(dims: readonly number[]): ReturnType<typeof constant> {
  const count = dims.reduce((size, dim) => size * dim, 1);
  return constant(
    float32(
      dims,
      Float32Array.from({ length: count }, (_, index) => Math.sin(index) / 10),
    ),
  );
}

/** Convolutions, a residual sum, a pooled linear head. */
function convolutional(): Graph {
  const x = input('image', ['N', 3, 8, 8]);
  const first = relu(conv(x, weights([4, 3, 3, 3]), weights([4]), { pads: [1, 1, 1, 1] }));
  const second = add(first, conv(first, weights([4, 4, 3, 3]), null, { pads: [1, 1, 1, 1] }));
  const features = reshape(reduceMean(second, [2, 3]), [-1, 4]);
  return createGraph([x], { logits: gemm(features, weights([5, 4]), { transB: true, c: weights([5]) }) });
}

/** Attention over patches, with shapes that are computed. */
function attentive(): Graph {
  const x = input('image', ['N', 3, 8, 8]);
  const patches = transpose(reshape(conv(x, weights([6, 3, 4, 4]), null, { strides: [4, 4] }), [0, 6, 4]), [0, 2, 1]);
  const tokens = apply('Reshape', [matMul(patches, weights([6, 6])), shapeOf(patches)])[0];
  const scores = softmax(mul(matMul(tokens, transpose(patches, [0, 2, 1])), 0.4));
  const mixed = slice(matMul(scores, tokens), [{ axis: 1, start: 0, end: 1 }]);
  return createGraph([x], { logits: matMul(reshape(mixed, [-1, 6]), weights([6, 5])) });
}

/** A loop within the graph. */
function looping(): Graph {
  const x = input('image', ['N', 12]);
  const { state } = repeat(scalarConstant(3, 'int64'), { state: x }, (_, { state: at }) => ({
    state: relu(matMul(at, weights([12, 12]))),
  }));
  return createGraph([x], { logits: state });
}

/** Files that mutations start from: some made here, and whatever models lie in a folder. */
export function seedFiles(folder: string): readonly Uint8Array[] {
  const made = [convolutional, attentive, looping].map((make) => encodeModel(make()));
  const files = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith('.onnx')) : [];
  return [...made, ...files.map((file) => new Uint8Array(readFileSync(path.join(folder, file))))];
}
