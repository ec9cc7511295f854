import type { Value } from '@parallax/graph';
import { createTensor, int64 } from '@parallax/tensor';
import { Operand } from './operand.ts';
import type { LoopStep, Program } from './program.ts';
import { runKernel } from './run-kernel.ts';
import type { Scope } from './scope.ts';

/** How a run goes on: on which backend, and with pauses. */
export interface Pace {
  readonly backend: string;
  /** Whether it is time for a pause, in which the process does other things. */
  readonly due: () => boolean;
  /** @throws the reason, when the run shall not go on. */
  readonly pause: () => Promise<void>;
}

/** Runs a program whose inputs are in the scope. The results belong to the caller; what is in the scope does not. */
export async function interpret({ graph, steps }: Program, scope: Scope, pace: Pace): Promise<readonly Operand[]> {
  for (const step of steps) {
    if (pace.due()) await pace.pause();
    const results =
      step.kind === 'loop' ? await runLoop(step, scope, pace) : runKernel(step, operands(step, scope), pace.backend);
    step.node.outputs.forEach((value, index) => {
      const result = results[index];
      if (result !== undefined) scope.set(value, result);
    });
    scope.free(step.freed);
  }
  return graph.outputs.map(({ value }) => scope.get(value).copy());
}

function operands({ node }: { readonly node: { readonly inputs: readonly (Value | null)[] } }, scope: Scope) {
  return node.inputs.map((value) => (value === null ? null : scope.get(value)));
}

/** The body takes (iteration, condition, ...states) and gives (condition, ...states). */
async function runLoop(step: LoopStep, scope: Scope, pace: Pace): Promise<readonly Operand[]> {
  const [limit, condition, ...initial] = operands(step, scope);
  const most = limit?.numbers[0] ?? Number.POSITIVE_INFINITY;
  let goesOn = (condition?.numbers[0] ?? 1) !== 0;
  let states = initial.flatMap((state) => (state === null ? [] : [state.copy()]));
  for (let iteration = 0; iteration < most && goesOn; iteration++) {
    const inner = scope.inner();
    try {
      const given = [iterationOperand(iteration), Operand.fromHost(truth), ...states];
      step.body.graph.inputs.forEach((value, index) => {
        const operand = given[index];
        if (operand !== undefined) inner.set(value, operand);
      });
      states = [];
      const [next, ...results] = await interpret(step.body, inner, pace);
      states = results;
      goesOn = next?.numbers[0] !== 0;
      next?.dispose();
    } finally {
      inner.dispose();
    }
  }
  return states;
}

const truth = createTensor('bool', [], Uint8Array.of(1));

function iterationOperand(iteration: number): Operand {
  return Operand.fromHost(int64([], [iteration]));
}
