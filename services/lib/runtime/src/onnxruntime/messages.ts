import type { Tensor } from '@parallax/tensor';

/** What the engine says to a worker. */
export type Request =
  | {
      readonly kind: 'compile';
      readonly id: number;
      readonly session: string;
      readonly model: Uint8Array;
      readonly threads: number;
    }
  | {
      readonly kind: 'run';
      readonly id: number;
      readonly session: string;
      readonly feeds: Readonly<Record<string, Tensor>>;
    }
  | { readonly kind: 'release'; readonly id: number; readonly session: string };

/** What a worker answers. */
export type Reply =
  | { readonly id: number; readonly ok: true; readonly results?: Readonly<Record<string, Tensor>> }
  | { readonly id: number; readonly ok: false; readonly message: string };
