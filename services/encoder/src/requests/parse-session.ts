import type { LookPurpose } from '@parallax/attacks';
import { InputError, parseAll, Violations } from '@parallax/config';
import { parseImages } from '@parallax/datasets';
import { parseClasses, parseIndex, parseSampleIds, parseSeed } from '@parallax/messages';
import {
  type ValueAndGradientSessionRequest_Opening as Opening,
  ValueAndGradientSessionRequest_Purpose as Purpose,
  type ValueAndGradientSessionRequest_Query as Query,
} from '@parallax/proto/parallax/encoder/v1/encoder_service';
import { gatherBatch, type Tensor } from '@parallax/tensor';
import type { GradientTask } from '../passes/value-and-gradient.ts';
import type { Service } from '../service.ts';
import { type OpenedScene, openScene } from './open-scene.ts';
import { type Companions, parseCompanions } from './parse-companions.ts';
import { assertLogits, parseLook, parseRequiredObjective } from './parse-look.ts';

/** What stays over the queries of a session. */
export interface GradientSession {
  readonly scene: OpenedScene;
  /** [N,C,H,W] */
  readonly clean: Tensor<'float32'>;
  readonly companions: Companions;
  readonly sampleIds: readonly number[];
  readonly seed: bigint;
}

/** @throws InputError naming every field that is wrong; as `openScene`. */
export async function openSession(opening: Opening, { library }: Service): Promise<GradientSession> {
  const encoder = await library.open(opening.encoder);
  const count = opening.cleanImages?.shape[0] ?? 0;
  const { objective, clean, sampleIds, seed } = parseAll({
    objective: () => parseRequiredObjective(opening.objective),
    clean: () => parseImages(opening.cleanImages, { field: 'clean_images', shape: encoder.manifest.inputShape }),
    sampleIds: () => parseSampleIds(opening.sampleIds, count),
    seed: () => parseSeed(opening.seed),
  });
  const scene = await openScene(library, encoder, objective, opening.head);
  const given = parseCompanions(opening, scene, { count, targetsFollow: true });
  // What a row is told apart from must not depend on which other rows a query names.
  const needsNegatives = scene.objective.needs.includes('negatives');
  const companions = needsNegatives ? { negatives: clean, ...given } : given;
  return { scene, clean, companions, sampleIds, seed };
}

const purposes: ReadonlyMap<Purpose, LookPurpose> = new Map([
  [Purpose.UNSPECIFIED, 'gradient'],
  [Purpose.GRADIENT, 'gradient'],
  [Purpose.VERDICT, 'verdict'],
  [Purpose.FINISH, 'finish'],
  [Purpose.RESULT, 'result'],
]);

/** Draws have indices below this. */
const drawLimit = 2 ** 16;

/** @throws InputError naming every field that is wrong; PreconditionError for logits without a head. */
export function parseQuery(query: Query, session: GradientSession): GradientTask {
  const { scene, clean, sampleIds, seed } = session;
  const rows = parseRows(query.rows, sampleIds.length);
  const shape = scene.encoder.manifest.inputShape;
  const { look, companions, purpose, firstDraw } = parseAll({
    look: () => parseLook(query, { shape, count: rows.length }),
    companions: () => companionsOf(query, session, rows),
    purpose: () => parsePurpose(query.purpose),
    firstDraw: () => parseIndex(query.firstDraw, 'first_draw'),
  });
  const { images, restart, step, draws } = look;
  const violations = new Violations();
  violations.expect(firstDraw + draws <= drawLimit, 'first_draw', `at most ${drawLimit} - draws`, firstDraw);
  violations.throwIfAny();
  assertLogits(scene, query.withLogits);
  return {
    scene,
    images,
    clean: gatherBatch(clean, rows),
    companions,
    randomness: { sampleIds: rows.map((row) => sampleIds[row] ?? 0), seed, restart, step },
    purpose,
    firstDraw,
    draws,
    withGradient: !query.valueOnly,
    withLogits: query.withLogits,
  };
}

function parseRows(given: readonly number[], count: number): readonly number[] {
  if (given.length === 0) return Array.from({ length: count }, (_, row) => row);
  const violations = new Violations();
  const at = given.findIndex((row) => row < 0 || row >= count);
  violations.expect(at < 0, `rows[${at}]`, `a row of the clean batch, in [0, ${count})`, given[at]);
  const isRepeated = new Set(given).size < given.length;
  const repeated = isRepeated ? given.find((row, index) => given.indexOf(row) !== index) : undefined;
  violations.expect(repeated === undefined, 'rows', 'distinct rows', repeated);
  violations.throwIfAny();
  return given;
}

function parsePurpose(given: Purpose): LookPurpose {
  const purpose = purposes.get(given);
  if (purpose !== undefined) return purpose;
  throw new InputError([{ field: 'purpose', expected: 'a purpose', got: String(given) }]);
}

/** What the rows of a query are compared with. */
function companionsOf({ targets }: Query, { scene, companions }: GradientSession, rows: readonly number[]): Companions {
  const { labels, reference, ...rest } = companions;
  const chosen = <T>(all: readonly T[]) => rows.map((row) => all[row] as T);
  return {
    ...rest,
    ...(labels === undefined ? {} : { labels: chosen(labels) }),
    ...(reference === undefined ? {} : { reference: gatherBatch(reference, rows) }),
    ...targetsOf(targets, { scene, companions }, rows),
  };
}

function targetsOf(
  given: readonly number[],
  { scene, companions }: Pick<GradientSession, 'scene' | 'companions'>,
  rows: readonly number[],
): Pick<Companions, 'targets'> {
  const { classes = Number.POSITIVE_INFINITY, objective } = scene;
  const { targets } = companions;
  const count = rows.length;
  if (given.length > 0) return { targets: parseClasses(given, { field: 'targets', count, classes }) };
  if (targets !== undefined) return { targets: rows.map((row) => targets[row] as number) };
  if (!objective.needs.includes('targets')) return {};
  throw new InputError([{ field: 'targets', expected: `${count} entries, as the opening has none`, got: 'none' }]);
}
