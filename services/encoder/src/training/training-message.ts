import { optionValueMessages, paradigmMessages } from '@parallax/messages';
import {
  RecipeSize,
  type TrainingMetrics as TrainingMetricsMessage,
  TrainingRun,
} from '@parallax/proto/parallax/encoder/v1/training_run';
import { type Run, runMessage } from '@parallax/workflow';
import type { LiveMetrics } from './live-metrics.ts';
import type { TrainingMetrics, TrainingResult, TrainingSpec } from './training-spec.ts';

/** The sizes as the contracts name them. */
export const sizeMessages = { tiny: RecipeSize.TINY, small: RecipeSize.SMALL, paper: RecipeSize.PAPER } as const;

/** A training run in the words of the contracts. */
export function trainingRunMessage(run: Run<TrainingSpec, TrainingResult>, liveMetrics: LiveMetrics): TrainingRun {
  const { spec, result } = run;
  const metrics = result?.metrics ?? liveMetrics.get(run.id);
  return TrainingRun.create({
    run: runMessage(run),
    spec: {
      name: spec.name,
      paradigm: paradigmMessages[spec.paradigm],
      size: sizeMessages[spec.size],
      dataset: { name: spec.dataset },
      seed: BigInt(spec.seed),
      overrides: optionValueMessages(spec.overrides),
    },
    metrics: metrics && metricsMessage(metrics),
    result: result && {
      encoder: spec.name,
      bundleDigest: result.bundleDigest,
      metrics: metricsMessage(result.metrics),
      trainSeconds: result.trainSeconds,
      reused: result.reused,
    },
  });
}

function metricsMessage({ epoch, step, loss, learningRate }: TrainingMetrics): TrainingMetricsMessage {
  return { epoch, step: BigInt(step), loss, learningRate, trainAccuracy: undefined };
}
