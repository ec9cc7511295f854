import type { Experiment, FeatureMeasure } from './messages.ts';

/** The API refused or could not answer. */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    message: string,
    /** HTTP status; 0 when the gateway itself did not answer. */
    readonly status: number,
  ) {
    super(message);
  }
}

/** The newest experiments, newest first. @throws ApiError */
export async function listExperiments(): Promise<readonly Experiment[]> {
  const { experiments } = await request<{ readonly experiments: readonly Experiment[] }>('experiments?pageSize=50');
  return experiments;
}

/** An experiment as it stands. @throws ApiError */
export async function getExperiment(id: string): Promise<Experiment> {
  const { experiment } = await request<{ readonly experiment: Experiment }>(`experiments/${encodeURIComponent(id)}`);
  return experiment;
}

/** Asks an experiment to stop. @throws ApiError */
export async function cancelExperiment(id: string): Promise<void> {
  await request(`experiments/${encodeURIComponent(id)}/cancel`, { method: 'POST' });
}

/** Usefulness of the features of an experiment, or robustness, one entry an attack. @throws ApiError */
export async function getMeasures(id: string, kind: 'usefulness' | 'robustness'): Promise<readonly FeatureMeasure[]> {
  const path = `experiments/${encodeURIComponent(id)}/${kind}`;
  const { features } = await request<{ readonly features: readonly FeatureMeasure[] }>(path);
  return features;
}

async function request<T>(path: string, init?: RequestInit): Promise<T> {
  const response = await fetch(`/api/v1/${path}`, init).catch(() => {
    throw new ApiError('The gateway does not answer.', 0);
  });
  if (!response.ok) throw new ApiError(await messageOf(response), response.status);
  // The gateway is of the same build as this page.
  return (await response.json()) as T;
}

async function messageOf(response: Response): Promise<string> {
  const body: unknown = await response.json().catch(() => undefined);
  const message = (body as { readonly error?: { readonly message?: unknown } } | undefined)?.error?.message;
  return typeof message === 'string' ? message : `The gateway answered ${response.status}.`;
}
