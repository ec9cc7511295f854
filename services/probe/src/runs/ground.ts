import { type Dataset, type DatasetEnvironment, openDataset } from '@parallax/datasets';
import { type EncoderDirectory, paradigmMessages } from '@parallax/messages';
import { Paradigm } from '@parallax/proto/parallax/common/v1/encoder_ref';
import type { Engine } from '@parallax/runtime';
import type { ArtifactStore } from '@parallax/store';
import { encoderSource } from '../features/encoder-source.ts';
import type { FeatureSource } from '../features/feature-source.ts';
import { PixelSource } from '../features/pixel-source.ts';
import type { FittedProbes } from './fitted-probes.ts';
import type { SourceSpec } from './probe-spec.ts';

/** What probing stands on. */
export interface Ground {
  readonly engine: Engine;
  readonly artifacts: ArtifactStore;
  readonly datasets: DatasetEnvironment;
  readonly encoders: EncoderDirectory;
  readonly fitted: FittedProbes;
}

/** @throws NotFoundError when nobody has the encoder; RpcError when its service cannot be reached. */
export async function openSource(spec: SourceSpec, ground: Ground, signal: AbortSignal): Promise<FeatureSource> {
  if (spec.kind === 'raw-pixels') return new PixelSource(ground.engine, ground.artifacts);
  const { name, address } = spec;
  const paradigm = spec.paradigm === null ? Paradigm.UNSPECIFIED : paradigmMessages[spec.paradigm];
  return encoderSource(await ground.encoders.find({ name, paradigm, address }, { signal }));
}

/** @throws what `openDataset` throws. */
export function openNamed(name: string, { datasets }: Ground): Promise<Dataset> {
  return openDataset(name, datasets);
}
