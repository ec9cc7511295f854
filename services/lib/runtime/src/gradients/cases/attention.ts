import { constant, integers, type Value } from '@parallax/graph';
import { createTensor, float32 } from '@parallax/tensor';
import { type CompositeTable, writtenOut } from '../gradient-case.ts';
import { exactly, within } from '../samples.ts';

const heads = [within([2, 2, 3, 4]), within([2, 2, 5, 4]), within([2, 2, 5, 3])] as const;

function booleans(dims: readonly number[], values: readonly number[]): Value {
  return constant(createTensor('bool', dims, Uint8Array.from(values)));
}

const [queries, keys] = [3, 5];

/** The second query sees no key at all. */
const mask = booleans([queries, keys], [1, 1, 0, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1]);

export const attentionComposites = {
  Attention: [
    writtenOut('Attention', 'heads apart', heads),
    writtenOut('Attention', 'heads together', [within([2, 3, 8]), within([2, 5, 8]), within([2, 5, 6])], {
      q_num_heads: 2,
      kv_num_heads: 2,
    }),
    writtenOut(
      'Attention',
      'symbolic batch',
      [within(['N', 3, 8], -0.5, 0.5), within(['N', 5, 4], -0.5, 0.5), within(['N', 5, 2])],
      {
        q_num_heads: 4,
        kv_num_heads: 2,
      },
    ),
    writtenOut('Attention', 'one head of keys for two of queries', [
      within([1, 4, 3, 2]),
      within([1, 2, 3, 2]),
      within([1, 2, 3, 2]),
    ]),
    writtenOut('Attention', 'causal', heads, { is_causal: 1 }),
    writtenOut('Attention', 'scaled and capped', heads, { scale: 2, softcap: 1.5 }),
    writtenOut('Attention', 'window', heads, { left_window_size: 1, right_window_size: 2 }),
    writtenOut('Attention', 'truth mask, a query that sees nothing', heads, {}, { fixed: [mask] }),
    writtenOut('Attention', 'added mask, differentiated, causal', [...heads, within([2, 1, queries, keys])], {
      is_causal: 1,
    }),
    writtenOut('Attention', 'mask shorter than the keys', [...heads, within([queries, keys - 1])]),
    writtenOut('Attention', 'earlier keys and values', [...heads, mask, within([2, 2, 2, 4]), within([2, 2, 2, 3])], {
      is_causal: 1,
    }),
    writtenOut(
      'Attention',
      'keys that are padding',
      heads,
      { is_causal: 1 },
      { fixed: [null, null, null, integers([4, 5])] },
    ),
    ...[0, 1, 2, 3].map((qk_matmul_output_mode) =>
      writtenOut(
        'Attention',
        `scores at stage ${qk_matmul_output_mode}`,
        [...heads.slice(0, 2), constant(float32([2, 2, 5, 3], new Float32Array(60)))],
        { qk_matmul_output_mode, softcap: 2 },
        { output: 3, precision: 'float32' },
      ),
    ),
    writtenOut(
      'Attention',
      'of equal scores is the mean of what is seen',
      [within([1, 1, 2, 1], 0, 0), within([1, 1, 2, 1]), exactly([1, 1, 2, 1], [2, 4])],
      { is_causal: 1 },
      { expected: [2, 3] },
    ),
  ],
  RotaryEmbedding: [
    ...[0, 1].flatMap((interleaved) => [
      writtenOut(
        'RotaryEmbedding',
        `heads apart, ${interleaved}`,
        [within([2, 2, 3, 4]), within([2, 3, 2]), within([2, 3, 2])],
        {
          interleaved,
        },
      ),
      writtenOut(
        'RotaryEmbedding',
        `heads together, some features, ${interleaved}`,
        [within([2, 3, 12]), within([5, 2]), within([5, 2])],
        { interleaved, num_heads: 2, rotary_embedding_dim: 4 },
        { fixed: [constant(createTensor('int64', [2, 3], BigInt64Array.from([0n, 1n, 2n, 4n, 3n, 0n])))] },
      ),
    ]),
    writtenOut(
      'RotaryEmbedding',
      'a quarter turn',
      [exactly([1, 1, 1, 4], [1, 2, 3, 4]), exactly([1, 1, 2], [0, 1]), exactly([1, 1, 2], [1, 0])],
      {},
      { expected: [-3, 2, 1, 4] },
    ),
  ],
} as const satisfies CompositeTable;
