import { type Engine, type Executable, foldConstants } from '@parallax/runtime';
import type { NearProgram, Stage } from './program.ts';

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
    compileStage(program.evaluate, engine),
    compileStage(program.start, engine),
    compileStage(program.step, engine),
    compileStage(program.finish, engine),
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

/**
 * Compiles one stage, weights that follow from others computed beforehand: within a loop onnxruntime takes the fastest
 * convolution, which rounds differently, only for weights that are constants as they stand.
 */
async function compileStage({ graph }: Stage, engine: Engine): Promise<Executable> {
  return engine.compile(await foldConstants(graph, engine));
}
