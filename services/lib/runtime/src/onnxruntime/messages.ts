import type { Tensor } from '@parallax/tensor';

export type Tensors = Readonly<Record<string, Tensor>>;

/** Where onnxruntime computes: on the CPU, or on a GPU through WebGPU and on the CPU what that has no kernel for. */
export type Provider = 'cpu' | 'webgpu';

/** What is asked of a worker. */
export type Task =
  | {
      readonly kind: 'compile';
      readonly session: string;
      readonly model: Uint8Array;
      readonly threads: number;
      readonly provider: Provider;
    }
  | { readonly kind: 'run'; readonly session: string; readonly feeds: Tensors }
  | { readonly kind: 'release'; readonly session: string };

/** A task with the number that its answer will carry. */
export type Request = Task & { readonly id: number };

/** What a worker answers. */
export type Reply =
  | { readonly id: number; readonly ok: true; readonly results: Tensors }
  | { readonly id: number; readonly ok: false; readonly message: string };

/** The memory of tensors, to be handed over to another thread instead of copied. */
export function buffersOf(tensors: Tensors): ArrayBuffer[] {
  return [...new Set(Object.values(tensors).map(({ data }) => data.buffer as ArrayBuffer))];
}
