import { InputError, NotFoundError } from '@parallax/config';
import type { EncoderLibrary, ServedEncoder } from '../encoders/encoder-library.ts';

/** Names of tensors, as Open Inference Protocol clients know them. */
export const inputName = 'images';
export const outputNames = ['features', 'logits'] as const;
export type OutputName = (typeof outputNames)[number];

/** The outputs that an encoder has: logits only where it has a head of its own. */
export function outputsOf({ traced }: ServedEncoder): readonly OutputName[] {
  return traced.classify === undefined ? ['features'] : outputNames;
}

/** @throws NotFoundError when no encoder has the name, or it is not the bundle meant by a version that is not empty. */
export async function openVersion(library: EncoderLibrary, name: string, version: string): Promise<ServedEncoder> {
  const encoder = await library.open(name);
  if (version === '' || version === encoder.bundleDigest) return encoder;
  throw new NotFoundError(`version: expected ${encoder.bundleDigest}, or nothing, got "${version}"`, {
    reason: 'ENCODER_NOT_FOUND',
    facts: { encoder: name, version },
  });
}

/** @throws InputError when an output is asked for that the encoder does not have. */
export function parseOutputs(names: readonly string[], encoder: ServedEncoder): readonly OutputName[] {
  const known = outputsOf(encoder);
  if (names.length === 0) return known;
  return names.map((name, index) => {
    const found = known.find((each) => each === name);
    if (found !== undefined) return found;
    const expected = `one of ${known.join(', ')}`;
    throw new InputError([{ field: `outputs[${index}].name`, expected, got: JSON.stringify(name) }]);
  });
}
