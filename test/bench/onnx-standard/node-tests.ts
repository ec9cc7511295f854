import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { outlineModel } from '@parallax/graph';

/** Inputs of a model, and what it shall give for them: tensors as the files hold them, in the order of the model. */
export interface DataSet {
  readonly inputs: readonly Uint8Array[];
  readonly outputs: readonly Uint8Array[];
}

/** One node test of the ONNX standard. */
export interface NodeTest {
  readonly name: string;
  /** The operator under test. Tests of its function body count as tests of it. */
  readonly operator: string;
  readonly model: Uint8Array;
  readonly dataSets: readonly DataSet[];
}

/**
 * Reads the node tests in a folder, each a folder with `model.onnx` and `test_data_set_*`, in the order of their names.
 * @throws Error when there are none.
 */
export function readNodeTests(folder: string): readonly NodeTest[] {
  const names = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name.startsWith('test_'))
    .map(({ name }) => name)
    .sort();
  if (names.length === 0) throw new Error(`${folder}: expected folders test_*, got none`);
  return names.map((name) => readNodeTest(folder, name));
}

function readNodeTest(folder: string, name: string): NodeTest {
  const own = path.join(folder, name);
  const model = readFileSync(path.join(own, 'model.onnx'));
  const dataSets = readdirSync(own)
    .filter((entry) => entry.startsWith('test_data_set_'))
    .sort()
    .map((set): DataSet => {
      const files = readdirSync(path.join(own, set)).sort(byNumber);
      const read = (kind: string) =>
        files.filter((file) => file.startsWith(kind)).map((file) => readFileSync(path.join(own, set, file)));
      return { inputs: read('input_'), outputs: read('output_') };
    });
  return { name, operator: operatorOf(folder, name, model), model, dataSets };
}

/** The test of a function body is named after that of the operator: `test_celu_expanded`. */
function operatorOf(folder: string, name: string, model: Uint8Array): string {
  const original = name.replace(/_expanded.*$/, '');
  const file = original === name ? model : readIfThere(path.join(folder, original, 'model.onnx'));
  const { operators } = outlineModel(file ?? model);
  return operators.find((operator) => operator !== 'Constant' && operator !== 'Identity') ?? operators[0] ?? '?';
}

function readIfThere(file: string): Uint8Array | undefined {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}

function byNumber(a: string, b: string): number {
  return numberIn(a) - numberIn(b);
}

function numberIn(file: string): number {
  return Number(/\d+/.exec(file)?.[0] ?? 0);
}
