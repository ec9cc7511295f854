import { backendDetails, packageOf, type TfjsBackend, tfjsVersion } from '../tfjs/backend.ts';
import { createTfjsEngine } from '../tfjs/engine.ts';
import type { EngineReport } from './engine-report.ts';
import { runProbe } from './probe-graph.ts';

const backends: readonly TfjsBackend[] = ['cpu', 'wasm', 'node', 'node-gpu'];

const remedies: { readonly [B in TfjsBackend]: string } = {
  cpu: 'npm ci',
  wasm: 'npm ci',
  node: libtensorflow('node', 'libtensorflow 2.9.1'),
  'node-gpu': libtensorflow('node-gpu', 'libtensorflow-gpu 2.9.1, CUDA 11.2 and cuDNN 8.1'),
};

function libtensorflow(backend: TfjsBackend, library: string): string {
  const name = packageOf(backend);
  return `npm install --no-save --ignore-scripts=false ${name}@${tfjsVersion}, on Node below 23; it downloads ${library}`;
}

/** The backends of tfjs, each tried. */
export async function diagnoseTfjs(): Promise<readonly EngineReport[]> {
  const reports: EngineReport[] = [];
  for (const backend of backends) {
    const failure = await runProbe(createTfjsEngine({ backend })).then(
      () => undefined,
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
    const ready = failure === undefined;
    const { device, library } = ready ? backendDetails(backend) : { device: '', library: '' };
    reports.push({
      engine: `tfjs ${backend}`,
      version: ready ? `${tfjsVersion}${library === '' ? '' : `, libtensorflow ${library}`}` : '',
      ready,
      detail: failure ?? device,
      remedy: ready ? '' : remedies[backend],
    });
  }
  return reports;
}
