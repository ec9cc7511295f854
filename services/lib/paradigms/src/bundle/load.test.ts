import { constant, differentiate, encodeModel, input } from '@parallax/graph';
import { createDraws, createObjective, type ObjectiveSpec } from '@parallax/objectives';
import { zeros } from '@parallax/tensor';
import { describe, expect, it } from 'vitest';
import { simclr } from '../augmentation/simclr.ts';
import { bind } from '../model/parameters.ts';
import { recipes } from '../recipes.ts';
import type { Paradigm } from '../training/recipe.ts';
import { layoutOf } from '../training/train.ts';
import { traceParts } from './export.ts';
import { type LoadedEncoder, loadBundle } from './load.ts';
import type { EncoderManifest, PartManifest, Role } from './manifest.ts';

const side = 32;

/** An encoder before training, written as a bundle and read back. */
function readBack(paradigm: Paradigm): LoadedEncoder {
  const recipe = recipes[paradigm]?.tiny;
  if (recipe === undefined) throw new Error(`no tiny recipe for ${paradigm}`);
  const context = { classes: 10, side };
  const layout = layoutOf(recipe, context);
  const vectors = {
    parameters: constant(zeros('float32', [layout.parameterCount])),
    buffers: constant(zeros('float32', [layout.bufferCount])),
  };
  const model = recipe.model(bind(layout, vectors, { training: false }), context);
  const parts = new Map<Role, Uint8Array>();
  const manifests: Partial<Record<Role, PartManifest>> = {};
  for (const [role, { graph, draws }] of Object.entries(traceParts(model, side))) {
    const bytes = encodeModel(graph);
    parts.set(role as Role, bytes);
    manifests[role as Role] = { digest: '', bytes: bytes.byteLength, draws };
  }
  const manifest: EncoderManifest = {
    format: 'parallax.encoder/1',
    paradigm,
    architecture: recipe.architecture,
    inputShape: [3, side, side],
    featureDimension: 0,
    classes: 0,
    parameters: layout.parameterCount,
    stochastic: recipe.stochastic,
    ...(model.diffusion && { diffusion: model.diffusion }),
    parts: manifests,
  };
  return loadBundle({ manifest, parts });
}

describe('an encoder read back', () => {
  it.each<[Paradigm, ObjectiveSpec]>([
    ['sl', { kind: 'crossEntropy' }],
    ['cl', { kind: 'infoNce', useProjector: true, augment: true }],
    ['mim', { kind: 'maeReconstruction' }],
    ['dm', { kind: 'ddpmNoise' }],
  ])('of paradigm %s expresses what it was trained on, with a gradient', (paradigm, spec) => {
    const images = input('images', ['N', 3, side, side]);
    const draws = createDraws();
    const { loss } = createObjective(spec).loss(images, {
      encoder: readBack(paradigm).traced,
      clean: input('clean', images.shape),
      labels: input('labels', ['N'], 'int64'),
      negatives: {
        images: input('negatives', ['M', 3, side, side]),
        mask: input('mask', ['N', 'M']),
        draw: createDraws('M').draw,
      },
      augment: simclr,
      draw: draws.draw,
    });
    expect(loss.shape).toEqual(['N']);
    expect(differentiate(loss, [images]).map(({ shape }) => shape)).toEqual([images.shape]);
  });
});
