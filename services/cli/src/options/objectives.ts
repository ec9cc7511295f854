import { Objective } from '@parallax/proto/parallax/objective/v1/objective';

/** Every objective by the name it is typed under, with its defaults. */
const objectives: Readonly<Record<string, Objective>> = {
  'cross-entropy': Objective.create({ kind: { $case: 'crossEntropy', value: {} } }),
  dlr: Objective.create({ kind: { $case: 'dlr', value: {} } }),
  margin: Objective.create({ kind: { $case: 'margin', value: {} } }),
  'logit-difference': Objective.create({ kind: { $case: 'logitDifference', value: {} } }),
  'info-nce': Objective.create({ kind: { $case: 'infoNce', value: {} } }),
  alignment: Objective.create({ kind: { $case: 'alignment', value: {} } }),
  'mae-reconstruction': Objective.create({ kind: { $case: 'maeReconstruction', value: {} } }),
  'ddpm-noise': Objective.create({ kind: { $case: 'ddpmNoise', value: {} } }),
  'feature-matching': Objective.create({ kind: { $case: 'featureMatching', value: {} } }),
};

/** Names of all objectives. */
export const objectiveNames: readonly string[] = Object.keys(objectives);

/** The objective of a name, away from the truth and with its defaults. */
export function objectiveNamed(name: string): Objective | undefined {
  return objectives[name];
}
