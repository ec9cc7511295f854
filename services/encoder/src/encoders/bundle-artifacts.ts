import { CorruptDataError, InputError } from '@parallax/config';
import { type EncoderBundle, type EncoderManifest, type Role, roles } from '@parallax/paradigms';
import { type ArtifactStore, getJson, type JsonValue, putJson } from '@parallax/store';

const format: EncoderManifest['format'] = 'parallax.encoder/1';

/** Stores a bundle: its parts, then `encoder.json`, whose digest is the bundle's. Nothing names a part before all are there. */
export async function putBundle(artifacts: ArtifactStore, { manifest, parts }: EncoderBundle): Promise<string> {
  for (const bytes of parts.values()) await artifacts.put(bytes);
  return putJson(artifacts, manifest);
}

/** Whether a bundle is there in full. */
export async function hasBundle(artifacts: ArtifactStore, digest: string): Promise<boolean> {
  if (!(await artifacts.has(digest))) return false;
  const { parts } = await getManifest(artifacts, digest);
  const found = await Promise.all(Object.values(parts).map((part) => artifacts.has(part.digest)));
  return found.every(Boolean);
}

/**
 * Reads what {@link putBundle} stored.
 * @throws ArtifactNotFoundError, ArtifactCorruptError; InputError when the artifact is no bundle.
 */
export async function getBundle(artifacts: ArtifactStore, digest: string): Promise<EncoderBundle> {
  const manifest = await getManifest(artifacts, digest);
  const parts = new Map<Role, Uint8Array>();
  for (const role of roles) {
    const part = manifest.parts[role];
    if (part !== undefined) parts.set(role, await artifacts.get(part.digest));
  }
  if (parts.has('encode')) return { manifest, parts };
  throw new CorruptDataError(`bundle ${digest}: expected a part encode, got ${[...parts.keys()].join(', ') || 'none'}`);
}

async function getManifest(artifacts: ArtifactStore, digest: string): Promise<EncoderManifest> {
  const manifest = await getJson(artifacts, digest).catch((error: unknown) => {
    if (error instanceof SyntaxError) throw notABundle(digest);
    throw error;
  });
  if (!isManifest(manifest)) throw notABundle(digest);
  return manifest;
}

/** The format's name vouches for the rest: nothing but {@link putBundle} writes it, and the digest covers every byte. */
function isManifest(value: JsonValue): value is JsonValue & EncoderManifest {
  return typeof value === 'object' && value !== null && 'format' in value && value['format'] === format;
}

function notABundle(digest: string): InputError {
  return new InputError([
    { field: 'bundle_digest', expected: `an encoder bundle (${format})`, got: `artifact ${digest}` },
  ]);
}
