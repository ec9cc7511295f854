import { InputError, parseAll } from '@parallax/config';
import { parseImages } from '@parallax/datasets';
import { parseClasses } from '@parallax/messages';
import type { Objective } from '@parallax/objectives';
import type { Tensor, WireTensor } from '@parallax/tensor';
import type { OpenedScene } from './open-scene.ts';

/** What a request gives besides its images. */
export interface GivenCompanions {
  readonly labels: readonly number[];
  readonly targets: readonly number[];
  readonly references: WireTensor | undefined;
}

/** What an objective is given besides the images. Entries of one index belong together, but for the negatives. */
export interface Companions {
  readonly labels?: readonly number[];
  readonly targets?: readonly number[];
  readonly reference?: Tensor<'float32'>;
  readonly negatives?: Tensor<'float32'>;
}

/** For whom companions are read. */
export interface CompanionNeeds {
  /** Images. */
  readonly count: number;
  /** Others than the objective need labels. */
  readonly needsLabels?: boolean;
  /** Targets that are missing may still come. */
  readonly targetsFollow?: boolean;
  /** Other objectives that are increased after that of the scene. */
  readonly others?: readonly Objective[];
}

/**
 * Reads what the objective needs, and what is given anyway.
 * @throws InputError naming what is missing, wrong, or of no use.
 */
export function parseCompanions(
  given: GivenCompanions,
  { encoder, objective, classes = Number.POSITIVE_INFINITY }: OpenedScene,
  { count, needsLabels = false, targetsFollow = false, others = [] }: CompanionNeeds,
): Companions {
  const needed = new Set<string>([objective, ...others].flatMap(({ needs }) => needs));
  const shape = encoder.manifest.inputShape;
  const classesOf = (field: 'labels' | 'targets', isNeeded: boolean) => () =>
    isNeeded || given[field].length > 0 ? { [field]: parseClasses(given[field], { field, count, classes }) } : {};
  const { labels, targets, references } = parseAll({
    labels: classesOf('labels', needsLabels || needed.has('labels')),
    targets: classesOf('targets', needed.has('targets') && !targetsFollow),
    references: (): Companions => {
      const field = 'references';
      if (needed.has('reference')) return { reference: parseImages(given.references, { field, shape, count }) };
      if (given.references === undefined) return {};
      if (needed.has('negatives')) return { negatives: parseImages(given.references, { field, shape }) };
      const expected = `none, as ${objective.name} ${objective.direction} compares with no reference`;
      throw new InputError([{ field, expected, got: 'images' }]);
    },
  });
  return { ...labels, ...targets, ...references };
}
