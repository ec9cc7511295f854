import { NotFoundError } from '@parallax/config';

/** A run that does not exist is, to the caller, an experiment that does not exist. */
export async function asExperiment<T>(run: Promise<T>, id: string): Promise<T> {
  try {
    return await run;
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
    const facts = { experiment: id };
    throw new NotFoundError(`id: expected an experiment, got "${id}"`, { reason: 'EXPERIMENT_NOT_FOUND', facts });
  }
}
