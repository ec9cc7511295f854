import type { TransferMatrix } from '@parallax/proto/parallax/metrics/v1/transfer_matrix';
import { describeBudget } from '../measures/choose-matrix.ts';
import { budgetFields, paradigmText, proportionFields } from './records.ts';
import { type Report, type ReportRecord, share, type Table, text } from './report.ts';

const fields = [
  ...['attack', 'norm', 'epsilon', 'objective', 'dataset', 'source', 'source_paradigm', 'target', 'target_paradigm'],
  ...['accuracy', 'accuracy_lower', 'accuracy_upper', 'accuracy_successes', 'accuracy_trials', 'normalized_drop'],
];

/** Transfer matrices: for people a grid each, for programs one record a cell; clean accuracies have no source. */
export function matrixReport(matrices: readonly TransferMatrix[]): Report {
  return { name: 'transfer-matrix', tables: matrices.map(grid), fields, records: matrices.flatMap(cellRecords) };
}

function grid(matrix: TransferMatrix): Table {
  const { sources, targets, rows, clean, attack, budget, objective, dataset } = matrix;
  const caption = `Accuracy of the column on adversarial examples of the row: ${attack}, ${describeBudget(budget)}, ${objective}, ${dataset}`;
  const header = ['found on', ...targets.map(({ encoder }) => encoder)];
  const body = sources.map(({ encoder }, row) => [
    text(encoder),
    ...targets.map((_, column) => share(rows[row]?.cells[column]?.accuracy)),
  ]);
  return { caption, header, rows: [...body, [text('clean images'), ...clean.map((accuracy) => share(accuracy))]] };
}

function cellRecords(matrix: TransferMatrix): ReportRecord[] {
  const { sources, targets, rows, clean, attack, budget, objective, dataset } = matrix;
  const about = { attack, ...budgetFields(budget), objective, dataset };
  const ofTarget = targets.map(({ encoder, paradigm }) => ({
    target: encoder,
    target_paradigm: paradigmText(paradigm),
  }));
  const cells = sources.flatMap((source, row) =>
    ofTarget.map((target, column) => {
      const cell = rows[row]?.cells[column];
      const from = { source: source.encoder, source_paradigm: paradigmText(source.paradigm) };
      const drop = { normalized_drop: cell?.normalizedDrop ?? null };
      return { ...about, ...from, ...target, ...proportionFields('accuracy', cell?.accuracy), ...drop };
    }),
  );
  const onClean = ofTarget.map((target, column) => ({
    ...about,
    source: '',
    source_paradigm: '',
    ...target,
    ...proportionFields('accuracy', clean[column]),
    normalized_drop: null,
  }));
  return [...cells, ...onClean];
}
