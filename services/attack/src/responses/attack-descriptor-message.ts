import {
  type Attack,
  type Cascade,
  type AttackFamily as Family,
  findAttack,
  type ObservationKind,
} from '@parallax/attacks';
import { normMessages, objectiveMessage, optionSchemaMessage, optionValueMessages } from '@parallax/messages';
import { type AttackDescriptor, AttackFamily, Observation } from '@parallax/proto/parallax/attack/v1/attack_descriptor';
import { Placement } from '@parallax/proto/parallax/attack/v1/attack_spec';

const families: { readonly [F in Family]: AttackFamily } = {
  fixedBudget: AttackFamily.FIXED_BUDGET,
  transfer: AttackFamily.TRANSFER,
  minimumNorm: AttackFamily.MINIMUM_NORM,
  gradientFree: AttackFamily.GRADIENT_FREE,
  cascade: AttackFamily.CASCADE,
  baseline: AttackFamily.BASELINE,
};

const observations: { readonly [O in ObservationKind]: Observation } = {
  logits: Observation.LOGITS,
  loss: Observation.VALUE,
  gradient: Observation.GRADIENT,
};

/** An attack in the words of the contracts. */
export function attackDescriptorMessage(attack: Attack): AttackDescriptor {
  return {
    name: attack.name,
    title: attack.title,
    documentation: attack.summary,
    paper: attack.paper,
    family: families[attack.family],
    norms: attack.norms.map((norm) => normMessages[norm]),
    options: Object.entries(attack.options).map(([name, schema]) => optionSchemaMessage(name, schema)),
    needs: attack.needs.map((need) => observations[need]),
    defaultObjective: objectiveMessage(attack.objective),
    objectiveFixed: attack.objectiveFixed,
    placements: [Placement.NEAR, Placement.FAR],
    stages: [],
  };
}

/** A cascade in the words of the contracts. It has no options of its own: they are those of its stages. */
export function cascadeDescriptorMessage({ name, title, summary, paper, norms, stages }: Cascade): AttackDescriptor {
  const needs = new Set(stages.flatMap(({ attack }) => findAttack(attack).needs));
  return {
    name,
    title,
    documentation: summary,
    paper,
    family: AttackFamily.CASCADE,
    norms: norms.map((norm) => normMessages[norm]),
    options: [],
    needs: [...needs].map((need) => observations[need]),
    defaultObjective: undefined,
    objectiveFixed: true,
    placements: [Placement.NEAR, Placement.FAR],
    stages: stages.map(({ attack, options = {}, objective }) => ({
      name: attack,
      options: optionValueMessages(options),
      objective: objective && objectiveMessage(objective),
    })),
  };
}
