import { InputError, within } from '@parallax/config';
import { createObjective, type Direction as DirectionName, type ObjectiveSpec } from '@parallax/objectives';
import type { HeadRef } from '@parallax/proto/parallax/common/v1/encoder_ref';
import { Direction, type Objective, Positive } from '@parallax/proto/parallax/objective/v1/objective';

/** An objective of a request. */
export interface ParsedObjective {
  readonly spec: ObjectiveSpec;
  /** The head that makes its logits, where it names one of its own. */
  readonly head: HeadRef | undefined;
}

type Kind = NonNullable<Objective['kind']>;

/** @throws InputError when no kind is given, or a setting is out of range. */
export function parseObjective(given: Objective, field = 'objective'): ParsedObjective {
  const { kind } = given;
  if (kind === undefined) throw new InputError([{ field, expected: 'one of the kinds of objective', got: 'none' }]);
  const direction = given.direction === Direction.TOWARD ? 'toward' : 'away';
  const spec = specOf(kind, direction);
  within(field, () => createObjective(spec));
  return { spec, head: 'head' in kind.value ? kind.value.head : undefined };
}

function specOf(kind: Kind, direction: DirectionName): ObjectiveSpec {
  switch (kind.$case) {
    case 'crossEntropy':
    case 'dlr':
    case 'margin':
    case 'logitDifference':
      return { kind: kind.$case, direction };
    case 'infoNce': {
      const { useProjector, augment, temperature } = kind.value;
      return {
        kind: 'infoNce',
        direction,
        useProjector,
        augment,
        ...given({ temperature }),
        ...positiveOf(kind.value),
      };
    }
    case 'alignment':
      return { kind: 'alignment', direction, useProjector: kind.value.useProjector };
    case 'maeReconstruction': {
      const { maskRatio, allPixels } = kind.value;
      return { kind: 'maeReconstruction', direction, allPixels, ...given({ maskRatio }) };
    }
    case 'ddpmNoise':
      return { kind: 'ddpmNoise', direction, ...given({ timestep: kind.value.timestep }) };
    case 'featureMatching':
      return { kind: 'featureMatching', direction, relative: kind.value.relative };
  }
}

/** The entries that are not undefined. */
function given<T extends object>(entries: T): { readonly [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined)) as {
    readonly [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

function positiveOf({ positive }: { readonly positive: Positive }): { readonly positive?: 'twoViews' | 'natural' } {
  if (positive === Positive.NATURAL) return { positive: 'natural' };
  return positive === Positive.TWO_VIEWS ? { positive: 'twoViews' } : {};
}

/** An objective in the words of the contracts; its logits are made by the head of the request, unless one is named. */
export function objectiveMessage(spec: ObjectiveSpec, head?: HeadRef): Objective {
  return { kind: kindMessage(spec, head), direction: spec.direction === 'toward' ? Direction.TOWARD : Direction.AWAY };
}

function kindMessage(spec: ObjectiveSpec, head: HeadRef | undefined): Kind {
  switch (spec.kind) {
    case 'crossEntropy':
    case 'dlr':
    case 'margin':
    case 'logitDifference':
      return { $case: spec.kind, value: { head } };
    case 'infoNce':
      return {
        $case: 'infoNce',
        value: {
          useProjector: spec.useProjector ?? false,
          augment: spec.augment ?? false,
          temperature: spec.temperature,
          positive: spec.positive === 'natural' ? Positive.NATURAL : Positive.TWO_VIEWS,
        },
      };
    case 'alignment':
      return { $case: 'alignment', value: { useProjector: spec.useProjector ?? false } };
    case 'maeReconstruction':
      return {
        $case: 'maeReconstruction',
        value: { maskRatio: spec.maskRatio, allPixels: spec.allPixels ?? false },
      };
    case 'ddpmNoise':
      return { $case: 'ddpmNoise', value: { timestep: spec.timestep } };
    case 'featureMatching':
      return { $case: 'featureMatching', value: { relative: spec.relative ?? false } };
  }
}
