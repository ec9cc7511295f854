import { type Encoder, PartRole } from '@parallax/proto/parallax/encoder/v1/encoder';
import { type ParadigmName, paradigmName } from './paradigms.ts';

/** Which encoder it was, so that another one under the same name is not taken for it. */
export interface EncoderIdentity {
  readonly name: string;
  /** Absent where the service does not say. */
  readonly paradigm?: ParadigmName;
  /** sha256 of the bundle's manifest, which names the parts. */
  readonly sha256: string;
  /** sha256 of each ONNX part, by its role. */
  readonly parts: Readonly<Record<string, string>>;
}

/** What tells an encoder apart from all others. */
export function encoderIdentity({ name, paradigm, bundleDigest, parts }: Encoder): EncoderIdentity {
  const known = paradigmName(paradigm);
  return {
    name,
    ...(known && { paradigm: known }),
    sha256: bundleDigest,
    parts: Object.fromEntries(parts.map(({ role, digest }) => [roleName(role), digest])),
  };
}

function roleName(role: PartRole): string {
  const [name = String(role)] = Object.entries(PartRole).find(([, each]) => each === role) ?? [];
  return name.toLowerCase();
}
