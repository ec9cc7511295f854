import type { Engine } from '@parallax/runtime';

/** Engines that interpret the same graphs over other kernels, by the name of their backend. */
export type SecondBackend = 'cpu' | 'wasm';

/** The engine is as large as all else: it is a file of its own in the build, which other commands do not wait for. */
export async function openSecondEngine(backend: SecondBackend): Promise<Engine> {
  const place = import.meta.url.endsWith('.ts') ? '@parallax/runtime/tfjs' : './tfjs-engine.js';
  const { createTfjsEngine } = (await import(place)) as typeof import('@parallax/runtime/tfjs');
  return createTfjsEngine({ backend });
}
