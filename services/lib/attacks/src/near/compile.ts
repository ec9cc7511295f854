import type { Engine, Executable } from '@parallax/runtime';
import type { NearProgram } from './program.ts';

/** A program compiled for one engine. It can run any number of batches, also at the same time. */
export interface NearExecutable {
  readonly program: NearProgram;
  readonly evaluate: Executable;
  readonly start: Executable;
  readonly step: Executable;
  readonly finish: Executable;
  /** How many runs make progress at the same time. */
  readonly parallelism: number;
  close(): Promise<void>;
}

export async function compileNear(program: NearProgram, engine: Engine): Promise<NearExecutable> {
  const [evaluate, start, step, finish] = await Promise.all([
    engine.compile(program.evaluate.graph),
    engine.compile(program.start.graph),
    engine.compile(program.step.graph),
    engine.compile(program.finish.graph),
  ]);
  return {
    program,
    parallelism: engine.parallelism,
    evaluate,
    start,
    step,
    finish,
    close: async () => {
      await Promise.all([evaluate, start, step, finish].map((executable) => executable.close()));
    },
  };
}
