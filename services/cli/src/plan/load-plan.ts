import { readFile } from 'node:fs/promises';
import { InputError } from '@parallax/config';
import { ExperimentServiceService } from '@parallax/proto/parallax/experiment/v1/experiment_service';
import type { Plan } from '@parallax/proto/parallax/experiment/v1/plan';
import { createJsonMethod } from '@parallax/rpc';
import { parse } from 'yaml';

/**
 * Loads a plan from a YAML (or JSON) file, written with the names of the contract.
 *
 * @throws InputError naming the field to blame, or the place where the file is no YAML.
 */
export async function loadPlan(file: string): Promise<Plan> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw bad('plan', 'a file that can be read', `${file} (${error instanceof Error ? error.message : error})`);
  });
  const { plan } = createJsonMethod(ExperimentServiceService.createExperiment).parseRequest({ plan: parseYaml(text) });
  if (plan === undefined) throw bad('plan', 'a plan', 'nothing');
  return plan;
}

function parseYaml(text: string) {
  try {
    return parse(text);
  } catch (error) {
    throw bad('plan', 'a YAML document', error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error));
  }
}

function bad(field: string, expected: string, got: string): InputError {
  return new InputError([{ field, expected, got }]);
}
