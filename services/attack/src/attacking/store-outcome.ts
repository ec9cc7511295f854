import { createHash } from 'node:crypto';
import process from 'node:process';
import { type Diagnostic, digestRecords, encodeRecords } from '@parallax/attacks';
import { type Dataset, putImageSet } from '@parallax/datasets';
import { encoderIdentity, ownHead, type ParsedObjective, type RecordedRun } from '@parallax/messages';
import type { HeadRef } from '@parallax/proto/parallax/common/v1/encoder_ref';
import type { ArtifactStore, JsonValue } from '@parallax/store';
import { type Tensor, toBytes } from '@parallax/tensor';
import manifest from '../../package.json' with { type: 'json' };
import type { AttackTally } from './attack-tally.ts';
import type { PreparedRun } from './prepare-run.ts';
import type { Source } from './source.ts';
import type { StoredResult } from './stored-run.ts';

const format = 'parallax.attack-records/2';

/** Verdict draws on a stochastic encoder unless the specification says otherwise; those on others are all the same. */
const standardVerdictDraws = 20;

/** What a run over a dataset has made. */
export interface Outcome {
  /** [N,C,H,W], in the order of the dataset. */
  readonly stored: Tensor<'float32'>;
  readonly tally: AttackTally;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Stores the adversarial set and the records. The set's provenance holds all that the header of the records says, and the
 * digest of their lines; the header names the set. So neither can be changed unnoticed.
 */
export async function storeOutcome(
  artifacts: ArtifactStore,
  run: PreparedRun,
  { stored, tally, diagnostics }: Outcome,
): Promise<Pick<StoredResult, 'adversarialSetDigest' | 'recordDigest'>> {
  const { classes, labels, sampleIds } = run.dataset;
  const { records } = tally;
  const provenance = {
    format,
    ...describeRun(run, tally),
    versions: { parallax: manifest.version, node: process.version, engine: tally.engine },
    notes: tally.notes,
    diagnostics: diagnostics.map(({ detail: _, ...measured }) => measured),
    records: { count: records.length, sha256: digestRecords(records) },
  } satisfies { readonly [key: string]: JsonValue };
  const set = { classes, images: stored, labels, sampleIds };
  // What is over budget, or no image at all, is kept as it is: the records say so.
  const adversarialSetDigest = await putImageSet(artifacts, set, provenance, 'any');
  const images = { datatype: 'FP32', shape: stored.dims, sha256: sha256(toBytes(stored)) };
  const header = { ...provenance, adversarialSet: { sha256: adversarialSetDigest, images } };
  const recordDigest = await artifacts.put(new TextEncoder().encode(encodeRecords({ header, records })));
  return { adversarialSetDigest, recordDigest };
}

/** All that it takes to do the run again; nothing that could differ when it is. */
function describeRun(run: PreparedRun, tally: AttackTally) {
  const { sources, placement, attack, dataset, targets, seed } = run;
  const isStochastic = sources.some(({ encoder }) => encoder.stochastic);
  return {
    encoders: sources.map((source) => describeSource(run, source)),
    dataset: datasetIdentity(dataset),
    attack: attack.name,
    ...describeStages(run),
    placement,
    budget: { ...attack.budget },
    ...(targets.rule === 'none' ? {} : { targets: targets.rule }),
    selection: attack.selection,
    draws: {
      gradient: tally.gradientDraws,
      acceptance: attack.acceptanceDraws ?? 1,
      verdict: isStochastic ? (attack.verdictDraws ?? standardVerdictDraws) : 1,
    },
    verdictRule: attack.verdictRule,
    pixelGrid: attack.pixelGrid,
    seed: String(seed),
  } satisfies RecordedRun;
}

/** Who it is, and of several also what part it has in the sum. */
function describeSource({ sources, attack }: PreparedRun, { encoder, head, weight, objectives }: Source) {
  const [objective] = objectives;
  return {
    ...encoderIdentity(encoder),
    head: digestOf(head) ?? ownHead,
    ...(sources.length === 1 ? {} : { weight }),
    ...(sources.length === 1 || attack.isCascade || objective === undefined ? {} : describeObjective(objective)),
  };
}

/** The stages of a cascade, or a single attack, whose objective is of each source where there are several. */
function describeStages({ sources, attack }: PreparedRun) {
  const stages = attack.stages.map(({ attack: { name, objective }, bound }, index) => ({
    attack: name,
    options: bound.options,
    ...describeObjective(sources[0]?.objectives[index] ?? { spec: objective, head: undefined }),
  }));
  const [single] = stages;
  if (attack.isCascade || single === undefined) return { stages };
  const { attack: _, options, ...objective } = single;
  return sources.length === 1 ? { options, ...objective } : { options };
}

/** What is increased, and the head that it goes through where it names one of its own. */
function describeObjective({ spec, head }: ParsedObjective) {
  const objectiveHead = digestOf(head);
  return { objective: { ...spec }, ...(objectiveHead === undefined ? {} : { objectiveHead }) };
}

function digestOf(head: HeadRef | undefined): string | undefined {
  return head?.head?.$case === 'artifactDigest' ? head.head.value : undefined;
}

function datasetIdentity({ name, digest, length }: Dataset): RecordedRun['dataset'] {
  return { name, sha256: digest, samples: length };
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
