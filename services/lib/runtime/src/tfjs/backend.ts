import * as tf from '@tensorflow/tfjs-core';
import { RuntimeError } from '../engine.ts';

/**
 * Where tfjs computes: plain JavaScript, WebAssembly with SIMD, or libtensorflow on the CPU or a GPU. The last two come
 * with packages that are installed beside Parallax when they are wanted.
 */
export type TfjsBackend = 'cpu' | 'wasm' | 'node' | 'node-gpu';

interface Loader {
  /** The name that the package registers its backend under. */
  readonly name: string;
  readonly packageName: string;
}

const loaders: { readonly [B in TfjsBackend]: Loader } = {
  cpu: { name: 'cpu', packageName: '@tensorflow/tfjs-backend-cpu' },
  wasm: { name: 'wasm', packageName: '@tensorflow/tfjs-backend-wasm' },
  node: { name: 'tensorflow', packageName: '@tensorflow/tfjs-node' },
  'node-gpu': { name: 'tensorflow', packageName: '@tensorflow/tfjs-node-gpu' },
};

/** The package that brings a backend. */
export function packageOf(backend: TfjsBackend): string {
  return loaders[backend].packageName;
}

/** The version of tfjs itself. */
export const tfjsVersion: string = tf.version_core;

/**
 * Loads a backend and readies it, and the cpu backend, which does what the other has no kernel for.
 * @returns the name tfjs has for it.
 * @throws RuntimeError when its package is not installed, or cannot be loaded on this machine.
 */
export async function loadBackend(backend: TfjsBackend): Promise<string> {
  // Otherwise tfjs advertises its packages for Node on the error stream.
  tf.enableProdMode();
  for (const each of ['cpu', backend] as const) {
    const { name, packageName } = loaders[each];
    try {
      await import(packageName);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
      throw new RuntimeError(`tfjs backend ${each}: expected the package ${packageName}, got: ${reason}`, { cause });
    }
    if (!(await tf.setBackend(name))) throw new RuntimeError(`tfjs backend ${each}: ${packageName} does not start`);
  }
  return loaders[backend].name;
}

/** Makes a backend that is loaded the one that computes from here to the next `await`. */
export function useBackend(name: string): void {
  // Only the first time a backend is chosen is there anything to wait for.
  if (tf.getBackend() !== name) void tf.setBackend(name);
}
