// Measures the errors that the checks of operators see, and writes them as a table to the path given.
import { writeFileSync } from 'node:fs';
import process from 'node:process';
import { createOnnxRuntimeEngine } from '@parallax/runtime';
import { type MeasuredErrors, measureErrors } from '@parallax/runtime/errors-seen';
import { createTfjsEngine } from '@parallax/runtime/tfjs';

const [, , out] = process.argv;
if (out === undefined) throw new Error('expected the path of the table');

/** The order of a row. */
const comparisons = ['float64', 'float32', 'engines'] as const;

const reference = createOnnxRuntimeEngine({ workers: 1 });
const others = (['cpu', 'wasm'] as const).map((backend) => createTfjsEngine({ backend }));
const measured = await measureErrors({ reference, others });
await Promise.all([reference, ...others].map((engine) => engine.close()));
writeFileSync(out, tableOf(measured));

/** The table as a module. */
function tableOf(errors: MeasuredErrors): string {
  const rows = Object.entries(errors).map(([op, seen]) => {
    const numbers = comparisons.flatMap((each) => {
      const error = seen[each];
      return error === undefined ? [] : [`${each}: ${error === 0 ? '0' : error.toExponential(0)}`];
    });
    return `  ${/^\w+$/.test(op) ? op : `'${op}'`}: { ${numbers.join(', ')} },`;
  });
  return `// Written by npm run generate -- --measure. DO NOT EDIT.
import type { ErrorsSeen } from './errors-seen.ts';

/** The worst errors that the checks saw when they were last measured, by operator. */
export const table: Readonly<Record<string, ErrorsSeen>> = {
${rows.join('\n')}
};
`;
}
