import type { Dataset } from '@parallax/datasets';
import type { TensorArtifact } from '@parallax/proto/parallax/common/v1/tensor_artifact';
import type { ImageStrip } from '@parallax/proto/parallax/experiment/v1/experiment';
import type { ArtifactStore } from '@parallax/store';
import { encodeTensor, type Tensor } from '@parallax/tensor';

/** Pairs shown unless the plan says otherwise. */
const standardCount = 8;

export interface StripSource {
  readonly attack: string;
  readonly source: string;
  /** Pairs wanted; 0 means the standard. */
  readonly count: number;
  readonly encoders: readonly string[];
  /** The same samples in the same order. */
  readonly clean: Dataset;
  readonly adversarial: Dataset;
  /** Answers of each encoder on all samples of the two sets. */
  readonly onClean: readonly (readonly number[])[];
  readonly onAdversarial: readonly (readonly number[])[];
}

/** A few pairs of clean and adversarial images to look at, the first of the set, stored as artifacts. */
export async function makeStrip(artifacts: ArtifactStore, strip: StripSource): Promise<ImageStrip> {
  const { attack, source, encoders, clean, adversarial, onClean, onAdversarial } = strip;
  const wanted = strip.count === 0 ? standardCount : strip.count;
  const indices = Array.from({ length: Math.min(wanted, clean.length, adversarial.length) }, (_, index) => index);
  const pick = (values: ArrayLike<number> | undefined): number[] => indices.map((index) => values?.[index] ?? 0);
  return {
    attack,
    source,
    sampleIds: pick(clean.sampleIds).map(BigInt),
    labels: pick(clean.labels),
    classNames: [...clean.classes],
    clean: await putTensor(artifacts, clean.images(indices)),
    adversarial: await putTensor(artifacts, adversarial.images(indices)),
    predictions: encoders.map((encoder, index) => ({
      encoder,
      clean: pick(onClean[index]),
      adversarial: pick(onAdversarial[index]),
    })),
  };
}

async function putTensor(artifacts: ArtifactStore, tensor: Tensor): Promise<TensorArtifact> {
  const { datatype, shape, contents } = encodeTensor(tensor);
  return { digest: await artifacts.put(contents), datatype, shape: [...shape] };
}
