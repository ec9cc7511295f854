import type { Engine, Executable } from '@parallax/runtime';
import type { Stage } from '../near/program.ts';
import type { FarProgram } from './program.ts';

/** A program compiled for one engine. It can run any number of batches, also at the same time. */
export interface FarExecutable {
  readonly program: FarProgram;
  readonly rank: Executable | undefined;
  readonly evaluate: Executable;
  readonly start: Executable;
  readonly step: Executable;
  readonly finish: Executable;
  readonly predict: Executable | undefined;
  /** How many runs make progress at the same time. */
  readonly parallelism: number;
  close(): Promise<void>;
}

export async function compileFar(program: FarProgram, engine: Engine): Promise<FarExecutable> {
  const compile = ({ graph }: Stage): Promise<Executable> => engine.compile(graph);
  const maybe = async (stage: Stage | undefined) => (stage === undefined ? undefined : compile(stage));
  const [rank, evaluate, start, step, finish, predict] = await Promise.all([
    maybe(program.rank),
    compile(program.evaluate),
    compile(program.start),
    compile(program.step),
    compile(program.finish),
    maybe(program.predict),
  ]);
  return {
    program,
    parallelism: engine.parallelism,
    rank,
    evaluate,
    start,
    step,
    finish,
    predict,
    close: async () => {
      await Promise.all([rank, evaluate, start, step, finish, predict].map((executable) => executable?.close()));
    },
  };
}
