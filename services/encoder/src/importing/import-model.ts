import { createHash } from 'node:crypto';
import { InputError } from '@parallax/config';
import { GraphError } from '@parallax/graph';
import { type ImportedEncoder, type ImportSettings, importEncoder } from '@parallax/paradigms';
import { canonicalJson } from '@parallax/store';
import { putBundle } from '../encoders/bundle-artifacts.ts';
import { nameTaken, type RegisteredEncoder } from '../encoders/encoder-registry.ts';
import type { Service } from '../service.ts';

/** An encoder that has its name, and what was changed or assumed on the way, one sentence each. */
export interface NamedEncoder {
  readonly registered: RegisteredEncoder;
  readonly notes: readonly string[];
}

/**
 * Makes an encoder of a model, stores it and gives it its name, unless that belongs to another. Of two that want one
 * name at the same time one gets it. Nothing is stored of what is refused; only where another process took the name in
 * between does an artifact without a name stay.
 * @throws InputError (MODEL_REFUSED, UNSUPPORTED_OPERATOR, bad fields); ConflictError (NAME_TAKEN).
 */
export async function importModel(
  name: string,
  bytes: Uint8Array,
  settings: ImportSettings,
  { paradigm, bench, registry, artifacts }: Service,
): Promise<NamedEncoder> {
  const { bundle, notes } = await graphErrorsRefused(() => importEncoder(bytes, settings, paradigm, bench.engine));
  const digest = createHash('sha256').update(canonicalJson(bundle.manifest)).digest('hex');
  const registered = await registry.inTurn(name, async () => {
    const holder = await registry.find(name);
    if (holder !== undefined && holder.bundleDigest !== digest) throw nameTaken(holder);
    return registry.register(name, await putBundle(artifacts, bundle));
  });
  return { registered, notes };
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
