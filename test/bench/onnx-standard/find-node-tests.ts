import { existsSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';

/**
 * The folder of the node tests: as it is given, else by `PARALLAX_ONNX_TESTS`. Undefined when neither names one.
 * @throws Error when there is no such folder.
 */
export function findNodeTests(given: string | undefined): string | undefined {
  const named = given ?? process.env['PARALLAX_ONNX_TESTS'];
  if (named === undefined || named === '') return undefined;
  const folder = [path.join(named, 'node'), named].find((each) => existsSync(each));
  if (folder === undefined) throw new Error(`${named}: expected a folder of node tests, got none`);
  return folder;
}
