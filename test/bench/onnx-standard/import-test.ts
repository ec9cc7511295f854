import { bindInputs, decodeTensorProto, type Graph, importModel, inputName, outlineModel } from '@parallax/graph';
import type { Feeds } from '@parallax/runtime';
import type { Tensor } from '@parallax/tensor';
import type { DataSet, NodeTest } from './node-tests.ts';

/** A node test that could be imported: what is run, on what, and what shall come of it. */
export interface ImportedTest {
  readonly graph: Graph;
  readonly feeds: Feeds;
  readonly expected: Readonly<Record<string, Tensor>>;
}

/**
 * Imports the model of a test. Where that refuses inputs that shapes depend on, they are given their values: first the
 * integers after the first input, then everything after it.
 * @throws GraphError with the reason of the first refusal.
 */
export function importTest({ model }: NodeTest, { inputs, outputs }: DataSet): ImportedTest {
  const outline = outlineModel(model);
  const expected = Object.fromEntries(
    outline.outputs.flatMap((name, index) => {
      const file = outputs[index];
      return file === undefined || name === '' ? [] : [[name, decodeTensorProto(file)] as const];
    }),
  );
  const given = outline.inputs.flatMap((name, index) => {
    const file = inputs[index];
    return file === undefined ? [] : [{ name, file, tensor: decodeTensorProto(file), later: index > 0 }];
  });
  const isInteger = ({ dtype }: Tensor): boolean => dtype.includes('int');
  const choices = [
    [],
    given.filter(({ later, tensor }) => later && isInteger(tensor)),
    given.filter(({ later }) => later),
  ];
  const failures: unknown[] = [];
  for (const bound of choices) {
    try {
      const values = Object.fromEntries(bound.map(({ name, file }) => [name, file]));
      const { graph } = importModel(bindInputs(model, values));
      const wanted = new Set(graph.inputs.map(inputName));
      const feeds = given.filter(({ name }) => wanted.has(name)).map(({ name, tensor }) => [name, tensor] as const);
      return { graph, feeds: Object.fromEntries(feeds), expected };
    } catch (error) {
      failures.push(error);
    }
  }
  throw failures[0];
}
