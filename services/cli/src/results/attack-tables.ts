import { type ClassOutcome, confusion, type SampleRecord } from '@parallax/attacks';
import type {
  AttackSummary,
  DiagnosisCost,
  Diagnostic,
  SuccessCounts,
} from '@parallax/proto/parallax/attack/v1/attack_summary';
import { proportion } from '@parallax/statistics';
import { formatPercent, formatProportion } from '../terminal/percent.ts';
import { formatTable } from '../terminal/table.ts';

/** What the verifier found, under every definition of success. */
export function summaryTable(summary: AttackSummary): string {
  const { samples, success } = summary;
  const rows = [
    ['images', String(samples)],
    ['accuracy, clean', formatProportion(summary.cleanCorrect)],
    ['robust accuracy', formatProportion(summary.robust)],
    ['robust accuracy, 8-bit images', formatProportion(summary.robustUint8)],
    ...(success === undefined ? [] : successRows(success, samples)),
    ['outside the budget', String(summary.budgetViolations)],
    ['largest norm', summary.largestNorm.toPrecision(6)],
    ['forward passes / gradients, in images', `${summary.forward} / ${summary.backward}`],
    ['the same as predicted, at most', `${summary.predictedForward} / ${summary.predictedBackward}`],
    ...(summary.diagnosis === undefined ? [] : diagnosisRows(summary.diagnosis)),
    ['time, attack / verification', `${summary.attackSeconds.toFixed(1)} s / ${summary.verifySeconds.toFixed(1)} s`],
  ];
  return formatTable([{ heading: 'verified' }, { heading: '', align: 'right' }], rows);
}

/** What the attacks have cost that it was compared with. */
function diagnosisRows({ samples, forward, backward, seconds }: DiagnosisCost): readonly (readonly string[])[] {
  return [[`the same of the diagnosis, on ${samples} images`, `${forward} / ${backward}, ${seconds.toFixed(1)} s`]];
}

/** Each definition by name, and what it counts. */
function successRows(success: SuccessCounts, samples: number): readonly (readonly string[])[] {
  const definitions: readonly (readonly [string, number])[] = [
    ['broken: right clean, wrong now', success.broken],
    ['flipped: another class than clean', success.flipped],
    ['misclassified, clean errors included', success.misclassified],
    ...(success.targeted > 0 ? [['targeted: taken for the target', success.targeted] as const] : []),
  ];
  return definitions.map(([name, count]) => [name, formatProportion(proportion(count, samples))]);
}

/** The checks of whether the attack itself worked. */
export function diagnosticsTable(diagnostics: readonly Diagnostic[]): string {
  const columns = [
    { heading: 'diagnostic' },
    { heading: '' },
    { heading: 'value', align: 'right' as const },
    { heading: 'bound', align: 'right' as const },
    { heading: 'images', align: 'right' as const },
  ];
  const rows = diagnostics.map(({ name, passed, value, threshold, samples }) => [
    name,
    passed ? 'passed' : 'FAILED',
    formatPercent(value),
    formatPercent(threshold),
    String(samples),
  ]);
  const remarks = diagnostics.filter(({ passed }) => !passed).map(({ name, detail }) => `\n${name}: ${detail}`);
  return formatTable(columns, rows) + remarks.join('');
}

/** Classes shown at most, and classes that one is shown to be taken for. */
const mostClasses = 20;
const mostConfusions = 3;

/** Accuracy by class, and which classes the broken images are taken for; of many classes those that lose most. */
export function classTable(records: readonly SampleRecord[], classes: readonly string[]): string {
  const outcomes = confusion(records);
  const shown = outcomes.length <= mostClasses ? outcomes : worst(outcomes);
  const columns = [
    { heading: 'class' },
    ...['images', 'clean', 'robust'].map((heading) => ({ heading, align: 'right' as const })),
    { heading: 'broken images are taken for' },
  ];
  const rows = shown.map(({ label, samples, cleanCorrect, robust, brokenInto }) => [
    classes[label] ?? String(label),
    String(samples),
    formatPercent(cleanCorrect / samples),
    formatPercent(robust / samples),
    brokenInto
      .slice(0, mostConfusions)
      .map((taken) => `${classes[taken.prediction] ?? taken.prediction} ${taken.samples}`)
      .join(', '),
  ]);
  const left = outcomes.length - shown.length;
  return formatTable(columns, rows) + (left > 0 ? `\n… and ${left} classes that lose less` : '');
}

function worst(outcomes: readonly ClassOutcome[]): readonly ClassOutcome[] {
  const lost = ({ cleanCorrect, robust }: ClassOutcome) => cleanCorrect - robust;
  return outcomes.toSorted((a, b) => lost(b) - lost(a) || a.label - b.label).slice(0, mostClasses);
}
