import { CorruptDataError, describeValue, InputError, NotFoundError } from '@parallax/config';

/** There is no artifact with this digest. */
export class ArtifactNotFoundError extends NotFoundError {
  constructor(readonly digest: string) {
    super(`artifact ${digest}: not found`, { reason: 'ARTIFACT_NOT_FOUND', facts: { digest } });
  }
}

/** What is stored under a digest does not have it: the medium failed, or somebody changed the file. */
export class ArtifactCorruptError extends CorruptDataError {
  constructor(
    readonly digest: string,
    readonly found: string,
    readonly place: string,
  ) {
    super(`artifact ${digest}: expected content with that sha256, got ${found} in ${place}`, {
      reason: 'ARTIFACT_CORRUPT',
      facts: { digest },
    });
  }
}

/** @throws InputError unless the text is 64 lower-case hexadecimal digits. */
export function assertDigest(digest: string): void {
  if (!/^[0-9a-f]{64}$/.test(digest)) {
    throw new InputError([
      { field: 'digest', expected: '64 lower-case hexadecimal digits (sha256)', got: describeValue(digest) },
    ]);
  }
}
