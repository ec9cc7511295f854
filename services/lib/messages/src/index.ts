export {
  customCascade,
  normMessages,
  type ParsedAttack,
  type ParsedStage,
  parseAttackSpec,
  parseObjectives,
} from './attack-spec.ts';
export { type EncoderClient, EncoderDirectory, type FoundEncoder } from './encoder-directory.ts';
export { type EncoderIdentity, encoderIdentity } from './encoder-identity.ts';
export { notImplemented } from './not-implemented.ts';
export { objectiveMessage, type ParsedObjective, parseObjective } from './objective.ts';
export { optionSchemaMessage, optionValueMessages, parseOptionValues } from './options.ts';
export { type ParadigmName, paradigmMessages, paradigmName } from './paradigms.ts';
export { askClasses, type Judge, type JudgedBatch, predictClasses } from './predict-classes.ts';
export {
  attackRunSpec,
  ownHead,
  type RecordedEncoder,
  type RecordedRun,
  type RecordedStage,
  sourceOf,
} from './recorded-run.ts';
export { sampleOutcomeMessage, sampleOutcomeOf } from './sample-outcome.ts';
export {
  parseClasses,
  parseDraws,
  parseExactSeed,
  parseIndex,
  parseSampleIds,
  parseSeed,
  parseStep,
} from './samples.ts';
