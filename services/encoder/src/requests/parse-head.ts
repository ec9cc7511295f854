import { InputError } from '@parallax/config';
import type { HeadRef } from '@parallax/proto/parallax/common/v1/encoder_ref';
import type { HeadChoice } from '../encoders/encoder-library.ts';

/** Which head is meant; the encoder's own when none is named. @throws InputError for a malformed digest. */
export function parseHead(given: HeadRef | undefined, field = 'head'): HeadChoice {
  if (given?.head?.$case !== 'artifactDigest') return { kind: 'own' };
  const digest = given.head.value;
  if (/^[0-9a-f]{64}$/.test(digest)) return { kind: 'artifact', digest };
  const expected = '64 lower-case hexadecimal digits';
  throw new InputError([{ field: `${field}.artifact_digest`, expected, got: JSON.stringify(digest) }]);
}
