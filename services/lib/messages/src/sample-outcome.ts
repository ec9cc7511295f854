import type { SampleOutcome } from '@parallax/attacks';
import type { SampleOutcome as SampleOutcomeMessage } from '@parallax/proto/parallax/attack/v1/sample_record';

/** What an attack says about one sample, in the words of the contracts. */
export function sampleOutcomeMessage(outcome: SampleOutcome): SampleOutcomeMessage {
  return {
    ...outcome,
    sampleId: BigInt(outcome.sampleId),
    cleanPrediction: outcome.cleanPrediction,
    prediction: outcome.prediction,
    brokenAtStep: outcome.brokenAtStep,
  };
}

/** The inverse of {@link sampleOutcomeMessage}. */
export function sampleOutcomeOf(message: SampleOutcomeMessage): SampleOutcome {
  const { cleanPrediction, prediction, brokenAtStep, ...rest } = message;
  return {
    ...rest,
    sampleId: Number(message.sampleId),
    ...(cleanPrediction === undefined ? {} : { cleanPrediction }),
    ...(prediction === undefined ? {} : { prediction }),
    ...(brokenAtStep === undefined ? {} : { brokenAtStep }),
  };
}
