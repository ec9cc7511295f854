import { canonicalJson, type JsonValue } from './canonical-json.ts';

/** What an artifact is made from: its bytes, or a stream of them. */
export type ArtifactContent = Uint8Array | AsyncIterable<Uint8Array>;

/**
 * Immutable byte strings under the sha256 of their content (64 lower-case hexadecimal digits, the *digest*). An artifact
 * is either there in full or not at all: a reader never sees half of one, whatever happens to the writer.
 *
 * Every method that takes a digest throws InputError when it is malformed; those that read throw ArtifactNotFoundError
 * when there is none, ArtifactCorruptError when what is stored no longer has that digest.
 */
export interface ArtifactStore {
  /** Stores the content and returns its digest. Storing the same content again changes nothing. */
  put(content: ArtifactContent): Promise<string>;
  /** The whole content, checked against the digest. */
  get(digest: string): Promise<Uint8Array>;
  /** The content in pieces. Corruption is reported after the last piece: do not act on the pieces before the end. */
  stream(digest: string): AsyncIterable<Uint8Array>;
  has(digest: string): Promise<boolean>;
  /** Length of the content in bytes. */
  size(digest: string): Promise<number>;
  /** Removes the artifact. Removing one that is not there changes nothing. */
  delete(digest: string): Promise<void>;
}

/** Stores a value as canonical JSON, so that equal values have equal digests. */
export function putJson(store: ArtifactStore, value: unknown): Promise<string> {
  return store.put(new TextEncoder().encode(canonicalJson(value)));
}

/**
 * Reads an artifact that holds JSON. Its shape is the caller's to check.
 * @throws SyntaxError when it is not JSON.
 */
export async function getJson(store: ArtifactStore, digest: string): Promise<JsonValue> {
  const text = new TextDecoder().decode(await store.get(digest));
  try {
    return JSON.parse(text) as JsonValue;
  } catch (cause) {
    throw new SyntaxError(`artifact ${digest}: expected JSON, got ${JSON.stringify(text.slice(0, 40))}`, { cause });
  }
}
