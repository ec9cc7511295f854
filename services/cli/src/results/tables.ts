import type { Proportion } from '@parallax/proto/parallax/common/v1/interval';
import type { EncoderOutcome, Experiment, ExperimentResult } from '@parallax/proto/parallax/experiment/v1/experiment';
import { formatParadigm } from '../options/paradigms.ts';
import { formatProportion } from '../terminal/percent.ts';
import { formatDuration } from '../terminal/progress-line.ts';
import { formatTable } from '../terminal/table.ts';
import type { Terminal } from '../terminal/terminal.ts';

/** Prints the encoders, a matrix for each attack, and how to read them. */
export function printResults({ plan, result }: Experiment, terminal: Terminal): void {
  if (plan === undefined || result === undefined) return;
  terminal.print(`\n${encoderTable(result)}`);
  for (const { name } of plan.attacks) terminal.print(`\n${matrixTable(name, result)}`);
  const violations = result.attacks.reduce((sum, { summary }) => sum + (summary?.budgetViolations ?? 0), 0);
  terminal.print(
    `\nAccuracy with 95 % intervals on ${result.attackSamples} test images. ` +
      `Adversarial examples outside the budget: ${violations}.`,
  );
}

/** The encoders, each with its linear probe beside that of the raw pixels. */
function encoderTable({ encoders, rawPixels }: ExperimentResult): string {
  const columns = [
    { heading: 'encoder' },
    { heading: 'paradigm' },
    { heading: 'parameters', align: 'right' as const },
    { heading: 'trained in', align: 'right' as const },
    { heading: 'linear probe', align: 'right' as const },
    { heading: 'on raw pixels', align: 'right' as const },
  ];
  const rows = encoders.map((encoder) => [
    encoder.name,
    formatParadigm(encoder.paradigm),
    encoder.parameters.toLocaleString('en-US'),
    trainingTime(encoder),
    formatProportion(encoder.probeAccuracy),
    formatProportion(rawPixels),
  ]);
  return formatTable(columns, rows);
}

function trainingTime({ reused, trainSeconds }: EncoderOutcome): string {
  return reused ? 'reused' : formatDuration(trainSeconds);
}

/** Accuracy of each encoder (column) on the adversarial examples of each (row), clean accuracy above. */
function matrixTable(attack: string, result: ExperimentResult): string {
  const names = result.encoders.map(({ name }) => name);
  const labels = result.encoders.map(({ paradigm }) => formatParadigm(paradigm));
  const cell = (source: string, target: string) => formatProportion(accuracyOf(result, attack, source, target));
  const columns = [
    { heading: `${attack}: found on ↓, asked →` },
    ...labels.map((heading) => ({ heading, align: 'right' as const })),
  ];
  const clean = ['(clean images)', ...names.map((target) => formatProportion(accuracyOf(result, '', '', target)))];
  return formatTable(columns, [
    clean,
    ...names.map((source, row) => [labels[row] ?? source, ...names.map((target) => cell(source, target))]),
  ]);
}

/** One cell of a matrix, or a clean accuracy where attack and source are empty. */
export function accuracyOf(
  { cells }: ExperimentResult,
  attack: string,
  source: string,
  target: string,
): Proportion | undefined {
  return cells.find((cell) => cell.attack === attack && cell.source === source && cell.target === target)?.accuracy;
}
