import { decides, type EngineAgreement, type ModelCheck, type OperatorCheck } from '@parallax/runtime';
import { formatTable } from '../terminal/table.ts';

const columns = [
  { heading: 'operator' },
  { heading: 'nodes', align: 'right' as const },
  { heading: 'checked', align: 'right' as const },
  { heading: 'worst error', align: 'right' as const },
  { heading: 'kinks', align: 'right' as const },
  { heading: 'in' },
  { heading: 'time', align: 'right' as const },
];

/** What a check of a gradient found, as a table with remarks. */
export function gradientReport(
  { operators, whole }: ModelCheck,
  agreement: EngineAgreement | undefined,
  notes: readonly string[],
  seconds: number,
): string {
  const rows = operators.map((each) => [
    each.operator,
    String(each.nodes),
    String(each.checked),
    each.checked === 0 ? '–' : each.worst.toExponential(1),
    each.kinks === 0 ? '0' : `${each.kinks}/${each.entries}`,
    each.precision,
    `${each.seconds.toFixed(1)} s`,
  ]);
  const flips = whole.samples.reduce((sum, sample) => sum + sample.flips, 0);
  const wholeRow = [
    'whole model',
    '',
    `${whole.samples.filter(decides).length}/${whole.samples.length}`,
    Number.isNaN(whole.worst) ? '–' : whole.worst.toExponential(1),
    String(flips),
    whole.precision,
    `${whole.seconds.toFixed(1)} s`,
  ];
  const rounded = 'the error of the whole is what the rounding of the differences explains';
  const isRounding = whole.worst > 0 && whole.excess === 0;
  const remarks = [...(isRounding ? [rounded] : []), ...whole.notes, ...operators.flatMap(remarkOf), ...notes].map(
    (note) => `note: ${note}`,
  );
  const total = `${whole.samples.length} images, differences in ${whole.differences}, ${seconds.toFixed(1)} s in all`;
  const rowsOfWhole = [wholeRow, ...(agreement === undefined ? [] : [agreementRow(agreement)])];
  return [formatTable(columns, [...rows, ...rowsOfWhole]), '', total, ...agreementLine(agreement), ...remarks].join(
    '\n',
  );
}

function remarkOf({ operator, note }: OperatorCheck): readonly string[] {
  return note === '' ? [] : [`${operator}: ${note}`];
}

function agreementRow({ engine, samples, seconds }: EngineAgreement): readonly string[] {
  const same = samples.filter(({ flips }) => flips === 0);
  const flips = samples.reduce((sum, sample) => sum + sample.flips, 0);
  const worst = Math.max(...samples.map(({ gradient }) => gradient));
  const checked = `${same.length}/${samples.length}`;
  return [engine, '', checked, worst.toExponential(1), String(flips), 'float32', `${seconds.toFixed(1)} s`];
}

function agreementLine(agreement: EngineAgreement | undefined): readonly string[] {
  if (agreement === undefined) return [];
  const { engine, samples } = agreement;
  const [output, gradient] = (['output', 'gradient'] as const).map((what) =>
    Math.max(...samples.map((sample) => sample[what])).toExponential(1),
  );
  return [`${engine} against onnxruntime: outputs up to ${output} apart, gradients up to ${gradient}`];
}
