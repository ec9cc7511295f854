import { topologicalOrder, type Value } from '@parallax/graph';
import type { Draw, TracedEncoder } from '@parallax/objectives';

/** One pass of images through an encoder, as traced. */
export interface Pass {
  /** The part of the encoder it goes through. */
  readonly part: unknown;
  readonly images: Value;
  readonly output: Value;
  /** Depends on draws, so that it is not the same pass as another of the same images. */
  readonly random: boolean;
}

/** The same encoder, keeping record of every pass that is traced. */
export function recordPasses(encoder: TracedEncoder): {
  readonly encoder: TracedEncoder;
  readonly passes: readonly Pass[];
} {
  const passes: Pass[] = [];
  const { reconstruct, denoise } = encoder;
  const recorded = <T>(
    part: unknown,
    { images, draw }: { readonly images: Value; readonly draw: Draw },
    run: (draw: Draw) => T,
    outputOf: (result: T) => Value,
  ): T => {
    let random = false;
    const result = run((...asked) => {
      random = true;
      return draw(...asked);
    });
    passes.push({ part, images, output: outputOf(result), random });
    return result;
  };
  return {
    passes,
    encoder: {
      ...encoder,
      encode: (images, draw) =>
        recorded(
          encoder.encode,
          { images, draw },
          (own) => encoder.encode(images, own),
          (features) => features,
        ),
      ...(reconstruct === undefined
        ? {}
        : {
            reconstruct: (images, draw, maskRatio) =>
              recorded(
                reconstruct,
                { images, draw },
                (own) => reconstruct(images, own, maskRatio),
                ({ prediction }) => prediction,
              ),
          }),
      ...(denoise === undefined
        ? {}
        : {
            denoise: (images, noise, timestep) => {
              const output = denoise(images, noise, timestep);
              passes.push({ part: denoise, images, output, random: true });
              return output;
            },
          }),
    },
  };
}

/**
 * How many passes it takes to compute `outputs` anew for other images: those that begin at `images`, and those whose
 * randomness is fresh. Passes of what stays the same are made once and not counted.
 */
export function forwardPasses(passes: readonly Pass[], outputs: readonly Value[], images: Value): number {
  const needed = reached(passes, outputs).filter((pass) => pass.random || dependsOn(pass.images, images));
  return needed.filter((pass, index) => needed.findIndex((other) => isSame(pass, other)) === index).length;
}

/** Two passes that are computed once. */
function isSame(a: Pass, b: Pass): boolean {
  return a === b || (!a.random && !b.random && a.part === b.part && a.images === b.images);
}

/** How many of them a gradient runs back through. */
export function backwardPasses(passes: readonly Pass[], loss: Value, images: Value): number {
  return forwardPasses(
    passes.filter((pass) => dependsOn(pass.images, images)),
    [loss],
    images,
  );
}

function reached(passes: readonly Pass[], outputs: readonly Value[]): readonly Pass[] {
  const nodes = new Set(topologicalOrder(outputs));
  return passes.filter(({ output }) => output.source.kind === 'node' && nodes.has(output.source.node));
}

function dependsOn(value: Value, other: Value): boolean {
  return value === other || topologicalOrder([value]).some((node) => node.inputs.includes(other));
}
