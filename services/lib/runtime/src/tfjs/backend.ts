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
      throw new RuntimeError(`tfjs ${each}: expected the package ${packageName}, got ${reasonOf(cause)}`, { cause });
    }
    if (!(await tf.setBackend(name))) throw new RuntimeError(`tfjs ${each}: ${packageName} does not start`);
  }
  return loaders[backend].name;
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return 'code' in cause && cause.code === 'ERR_MODULE_NOT_FOUND' ? 'none' : `${cause.message.split('\n')[0]}`;
}

/** Makes a backend that is loaded the one that computes from here to the next `await`. */
export function useBackend(name: string): void {
  // Only the first time a backend is chosen is there anything to wait for.
  if (tf.getBackend() !== name) void tf.setBackend(name);
}

/** What the package for Node says of itself besides what every backend says. */
interface LibraryBackend extends tf.KernelBackend {
  readonly binding?: { readonly TF_Version?: string };
  readonly isUsingGpuDevice?: boolean;
}

/** What a loaded backend computes on, and the version of its native library; empty when it has none. */
export function backendDetails(backend: TfjsBackend): { readonly device: string; readonly library: string } {
  if (backend === 'cpu') return { device: 'JavaScript', library: '' };
  if (backend === 'wasm') return { device: tf.env().getBool('WASM_HAS_SIMD_SUPPORT') ? 'SIMD' : 'scalar', library: '' };
  const { binding, isUsingGpuDevice } = tf.findBackend(loaders[backend].name) as LibraryBackend;
  return { device: isUsingGpuDevice === true ? 'GPU' : 'CPU', library: binding?.TF_Version ?? 'of unknown version' };
}
