export { type Attack, type AttackFamily, type BoundAttack, choosesTargets, type ObservationKind } from './attack.ts';
export { type Ball, type Budget, createBall, parseBudget } from './budget.ts';
export {
  type BoundStage,
  bindStage,
  type Cascade,
  type CascadeStage,
  cascades,
  findCascade,
  takesTargets,
} from './cascade.ts';
export { type Compared, comparisons } from './diagnosis/compare.ts';
export { diagnose, diagnoseStages } from './diagnosis/diagnose.ts';
export type { ComparingCheck, Diagnostic } from './diagnosis/diagnostic.ts';
export { type ComparedAttack, type DiagnosedAttack, planDiagnosis } from './diagnosis/plan.ts';
export { compileFar, type FarExecutable } from './far/compile.ts';
export type { LookRequest, Observer, Seen } from './far/observer.ts';
export { assertSummable, type FarPlaceOptions, placeFar } from './far/place.ts';
export type { FarProgram, FarSource } from './far/program.ts';
export { type FarStage, runFar } from './far/run.ts';
export { feedsFor, type NearBatch, type SceneFeeds } from './near/batch.ts';
export { compileNear, type NearExecutable } from './near/compile.ts';
export type { SampleOutcome } from './near/outcome.ts';
export { placeNear } from './near/place.ts';
export { drawsFor, type LookOptions, type LookProgram, type LookPurpose, placeLook } from './near/place-look.ts';
export type { PlaceOptions } from './near/placement.ts';
export { gradientDrawsOf, predictCost } from './near/predict-cost.ts';
export type { Cost, Goal, NearProgram, Selection, StageCondition } from './near/program.ts';
export type { NearProgress } from './near/progress.ts';
export { type NearResult, type NearRunOptions, type NearStage, runCascade, runNear } from './near/run.ts';
export type { ImageDims, Norm, NormName } from './norms/norm.ts';
export { norms } from './norms/registry.ts';
export {
  type GivenOptions,
  type OptionSchema,
  type OptionsOf,
  type OptionTable,
  type OptionType,
  type OptionValue,
  parseOptions,
} from './options.ts';
export { offGrid, onPixelGrid, type PixelGrid } from './pixel-grid.ts';
export { parseQuantity } from './quantity.ts';
export { attacks, findAttack } from './registry.ts';
export { type ClassOutcome, confusion } from './verify/confusion.ts';
export type { Judgements, JudgeOptions, Predict } from './verify/judgements.ts';
export { isOverBudget, type Measure, measure, normTolerance } from './verify/measure.ts';
export type { HeadVerdict, SampleRecord } from './verify/record.ts';
export {
  decodeRecords,
  digestRecords,
  encodeRecords,
  type RecordFile,
  type RecordHeader,
} from './verify/record-lines.ts';
export { type Difference, differencesOf, type ReplayRequest, replay } from './verify/replay.ts';
export { roundToUint8 } from './verify/round-to-uint8.ts';
export { allowedPrediction, type SuccessDefinition, successDefinitions } from './verify/success.ts';
export { type AttackCounts, summarize } from './verify/summary.ts';
export type { VerdictRule, Votes } from './verify/verdict-rule.ts';
export { type VerifyRequest, verify } from './verify/verify.ts';
