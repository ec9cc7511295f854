import { InputError } from '@parallax/config';
import { PreprocessingGradient as Gradient } from '@parallax/proto/parallax/encoder/v1/encoder';
import { readModel } from './read-model.ts';
import type { PreprocessingUpload } from './upload-model.ts';

/** What a user says of a preprocessing: a file, and `exact`, `identity` or another file. */
export interface TypedPreprocessing {
  readonly preprocess?: string | undefined;
  readonly preprocessGradient?: string | undefined;
}

/** @throws InputError when a file cannot be read, the gradient is none of these, or there is nothing to take it of. */
export async function readPreprocessing({
  preprocess,
  preprocessGradient = 'exact',
}: TypedPreprocessing): Promise<PreprocessingUpload | undefined> {
  if (preprocess === undefined) {
    if (preprocessGradient === 'exact') return undefined;
    throw gradientRefused('a preprocessing besides, --preprocess', 'none');
  }
  const model = await readModel(preprocess, '--preprocess');
  if (preprocessGradient === 'exact') return { model, gradient: Gradient.EXACT, surrogate: undefined };
  if (preprocessGradient === 'identity') return { model, gradient: Gradient.IDENTITY, surrogate: undefined };
  if (!preprocessGradient.endsWith('.onnx')) {
    throw gradientRefused('exact, identity, or a file that ends in .onnx', preprocessGradient);
  }
  const surrogate = await readModel(preprocessGradient, '--preprocess-gradient');
  return { model, gradient: Gradient.SURROGATE, surrogate };
}

function gradientRefused(expected: string, got: string): InputError {
  return new InputError([{ field: '--preprocess-gradient', expected, got }]);
}
