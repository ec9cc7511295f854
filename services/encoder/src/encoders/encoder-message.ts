import { opset } from '@parallax/graph';
import { paradigmMessages } from '@parallax/messages';
import { type EncoderManifest, type PreprocessingProvenance, type Role, roles } from '@parallax/paradigms';
import {
  type Encoder,
  type EncoderPart,
  PartRole,
  type Preprocessing,
  PreprocessingGradient,
  type Provenance,
} from '@parallax/proto/parallax/encoder/v1/encoder';
import type { EncoderCard } from './encoder-card.ts';
import type { RegisteredEncoder } from './encoder-registry.ts';

/** Names of the recipe families, as their folders are called. */
const families = { sl: 'supervised', cl: 'contrastive', mim: 'masked', dm: 'diffusion' } as const;

const partRoles: { readonly [R in Role]: PartRole } = {
  encode: PartRole.ENCODE,
  project: PartRole.PROJECT,
  reconstruct: PartRole.RECONSTRUCT,
  denoise: PartRole.DENOISE,
  classify: PartRole.CLASSIFY,
};

/** An encoder in the words of the contracts. */
export function encoderMessage(registered: RegisteredEncoder, manifest: EncoderManifest, card: EncoderCard): Encoder {
  return {
    name: registered.name,
    paradigm: paradigmMessages[manifest.paradigm],
    architecture: manifest.architecture,
    inputShape: manifest.inputShape,
    featureDimension: manifest.featureDimension,
    classes: manifest.classes,
    projectionDimension: card.projectionDimension,
    stochastic: manifest.stochastic,
    noiseInputs: (manifest.parts.encode?.draws ?? []).map(({ name, dims }) => ({ name, shape: dims })),
    timestep: manifest.diffusion?.timestep,
    parts: partMessages(manifest),
    bundleDigest: registered.bundleDigest,
    parameters: BigInt(manifest.parameters),
    macs: BigInt(card.macs),
    opset,
    operators: card.operators,
    differentiable: card.gradientBlocker === '',
    gradientBlocker: card.gradientBlocker,
    provenance: provenanceMessage(registered, manifest),
    createTime: registered.createTime,
    preprocessing: manifest.imported?.preprocessing && preprocessingMessage(manifest.imported.preprocessing),
  };
}

function partMessages({ parts }: EncoderManifest): readonly EncoderPart[] {
  return roles.flatMap((role) => {
    const part = parts[role];
    return part === undefined ? [] : [{ role: partRoles[role], digest: part.digest, sizeBytes: BigInt(part.bytes) }];
  });
}

const gradients = {
  exact: PreprocessingGradient.EXACT,
  identity: PreprocessingGradient.IDENTITY,
  surrogate: PreprocessingGradient.SURROGATE,
} as const;

function preprocessingMessage({ sha256, gradient, surrogateSha256 = '' }: PreprocessingProvenance): Preprocessing {
  return { sourceSha256: sha256, gradient: gradients[gradient], surrogateSha256 };
}

function provenanceMessage({ trainingRunId }: RegisteredEncoder, manifest: EncoderManifest): Provenance {
  const { paradigm, training, imported } = manifest;
  return {
    trainingRunId,
    dataset: training?.dataset ?? '',
    recipe: training === undefined ? '' : `${families[paradigm]}/${training.size}`,
    seed: BigInt(training?.seed ?? 0),
    sourceSha256: imported?.sha256 ?? '',
    sourceOpset: imported?.opset ?? 0,
    sourceProducer: imported?.producer ?? '',
  };
}
