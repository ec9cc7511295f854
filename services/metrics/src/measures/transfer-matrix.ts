import type { Measurement } from '@parallax/proto/parallax/metrics/v1/measurement';
import type { MatrixEncoder, TransferCell, TransferMatrix } from '@parallax/proto/parallax/metrics/v1/transfer_matrix';
import { type Proportion, poolProportions } from '@parallax/statistics';
import { budgetKey, compareText, groupBy, joinKey } from './grouping.ts';
import { latest, type Measured } from './latest.ts';

type Member = Measured<'proportion'>;

/**
 * The transfer matrices that measurements of the kinds TRANSFER and CLEAN make up: one for each attack, ball, objective,
 * dataset and sample set, so that no two numbers of a matrix are about different things. Seeds are pooled.
 */
export function transferMatrices(
  transfer: readonly Measurement[],
  clean: readonly Measurement[],
): readonly TransferMatrix[] {
  const cleanMembers = latest(clean, 'proportion');
  return groupBy(latest(transfer, 'proportion'), matrixKey).map((cells) => matrixOf(cells, cleanMembers));
}

function matrixKey({ subject, sampleSetDigest }: Member): string {
  const { attack, budget, objective, dataset } = subject;
  return joinKey(attack, budgetKey(budget), objective, dataset, sampleSetDigest);
}

function matrixOf(members: readonly [Member, ...Member[]], allClean: readonly Member[]): TransferMatrix {
  const [{ subject, sampleSetDigest }] = members;
  const { attack, budget, objective, dataset } = subject;
  const sources = encodersOf(members, ({ sourceEncoder: encoder, sourceParadigm: paradigm }) => ({
    encoder,
    paradigm,
  }));
  const targets = encodersOf(members, ({ encoder, paradigm }) => ({ encoder, paradigm }));
  const seeds = [...new Set(members.map((member) => member.subject.seed))].sort((a, b) => Number(a - b));
  const comparable = allClean.filter(
    (member) =>
      member.subject.dataset === dataset &&
      member.sampleSetDigest === sampleSetDigest &&
      seeds.includes(member.subject.seed),
  );
  const clean = targets.map((target) => pool(comparable.filter((member) => member.subject.encoder === target.encoder)));
  const rows = sources.map((source) => {
    const ofSource = members.filter((member) => member.subject.sourceEncoder === source.encoder);
    const cells = targets.map((target, column) =>
      cellOf(
        ofSource.filter((member) => member.subject.encoder === target.encoder),
        clean[column],
      ),
    );
    return { cells };
  });
  const isMeasured = ({ accuracy }: TransferCell) => accuracy !== undefined;
  const complete = clean.every(({ trials }) => trials > 0) && rows.every(({ cells }) => cells.every(isMeasured));
  return { sources, targets, rows, clean, attack, budget, objective, dataset, seeds, sampleSetDigest, complete };
}

/** The encoders named by some members, by paradigm, then name. */
function encodersOf(members: readonly Member[], encoderOf: (subject: Member['subject']) => MatrixEncoder) {
  const encoders = groupBy(members, ({ subject }) => encoderOf(subject).encoder).map(([{ subject }]) =>
    encoderOf(subject),
  );
  return encoders.sort((a, b) => a.paradigm - b.paradigm || compareText(a.encoder, b.encoder));
}

function cellOf(members: readonly Member[], clean: Proportion | undefined): TransferCell {
  if (members.length === 0) return { accuracy: undefined, normalizedDrop: undefined };
  const accuracy = pool(members);
  const normalizedDrop = clean && clean.successes > 0 ? 1 - accuracy.value / clean.value : undefined;
  return { accuracy, normalizedDrop };
}

function pool(members: readonly Member[]): Proportion {
  return poolProportions(members.map(({ value }) => value));
}
