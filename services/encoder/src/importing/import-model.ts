import { createHash } from 'node:crypto';
import { InputError } from '@parallax/config';
import { GraphError } from '@parallax/graph';
import { type ImportedEncoder, type ImportSettings, importEncoder } from '@parallax/paradigms';
import { canonicalJson } from '@parallax/store';
import { putBundle } from '../encoders/bundle-artifacts.ts';
import { nameTaken } from '../encoders/encoder-registry.ts';
import type { Service } from '../service.ts';

/** A model that was imported and stored. */
export interface StoredImport {
  readonly bundleDigest: string;
  readonly notes: readonly string[];
}

/**
 * Makes an encoder of a model and stores it, unless the name belongs to another.
 * @throws InputError (MODEL_REFUSED, UNSUPPORTED_OPERATOR, bad fields); ConflictError (NAME_TAKEN). Nothing is stored then.
 */
export async function importModel(
  name: string,
  bytes: Uint8Array,
  settings: ImportSettings,
  { paradigm, bench, registry, artifacts }: Service,
): Promise<StoredImport> {
  const { bundle, notes } = await graphErrorsRefused(() => importEncoder(bytes, settings, paradigm, bench.engine));
  const holder = await registry.find(name);
  const digest = createHash('sha256').update(canonicalJson(bundle.manifest)).digest('hex');
  if (holder !== undefined && holder.bundleDigest !== digest) throw nameTaken(holder);
  return { bundleDigest: await putBundle(artifacts, bundle), notes };
}

/** Graphs know nothing of requests: what cannot be built is a model that cannot be imported. */
async function graphErrorsRefused(make: () => Promise<ImportedEncoder>): Promise<ImportedEncoder> {
  try {
    return await make();
  } catch (error) {
    if (!(error instanceof GraphError)) throw error;
    const violation = { field: 'model', expected: 'an ONNX model that can be an encoder', got: error.message };
    throw new InputError([violation], { reason: 'MODEL_REFUSED', cause: error });
  }
}
