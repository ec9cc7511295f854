import type { EncoderManifest } from '@parallax/paradigms';

/** What a record must say of gradients that are not those of what is attacked; nothing where they are. */
export function preprocessingNotes({ imported }: EncoderManifest): readonly string[] {
  const { gradient, sha256, surrogateSha256 } = imported?.preprocessing ?? {};
  if (gradient === undefined || gradient === 'exact') return [];
  const other = gradient === 'identity' ? 'the identity' : `a surrogate (sha256 ${surrogateSha256})`;
  return [`BPDA: gradients take the preprocessing of the encoder (sha256 ${sha256}) for ${other}`];
}
