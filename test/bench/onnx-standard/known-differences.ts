/** Tests whose expected outputs we do not give, and why. */
const knownDifferences: readonly (readonly [test: RegExp, reason: string])[] = [
  [
    /^test_resize_downsample_scales_(cubic|linear)_align_corners$/,
    'the standard divides by the fractional length scale × n, onnxruntime and PyTorch by the length of the output',
  ],
  [
    /^test_maxunpool_export_with_output_shape$/,
    'the indices count over the smaller tensor that was pooled, where the specification has them count over the output',
  ],
  [
    /^test_attention_\dd_.*qk_matmul_(bias|softcap|bias_\dd_mask.*)$/,
    'tests of older versions (1.21): where the bias and the soft cap are applied was corrected then',
  ],
  [
    /^test_qlinearmatmul_\dD_int8_float\d\d$/,
    'tests of older versions (1.21): integers wrap there where they saturate',
  ],
];

/** Why a test is known to differ, or undefined. */
export function knownDifference(test: string): string | undefined {
  return knownDifferences.find(([pattern]) => pattern.test(test))?.[1];
}
