import type { EngineReport } from '@parallax/runtime/doctor';
import type { Command } from 'commander';
import type { Shell } from '../shell.ts';
import { formatTable } from '../terminal/table.ts';

/** `parallax engines doctor`: runs a small graph on every engine, and says how to get those that are missing. */
export function addEnginesDoctor(engines: Command, shell: Shell): void {
  engines
    .command('doctor')
    .description('try every engine, and say how to get those that do not run')
    .action(async () => {
      const { diagnoseEngines } = await loadDoctor();
      shell.terminal.print(formatReports(await diagnoseEngines()));
    });
}

/** The doctor imports every runtime, which other commands should not wait for: it is a file of its own in the build. */
function loadDoctor(): Promise<{ readonly diagnoseEngines: () => Promise<readonly EngineReport[]> }> {
  const place = import.meta.url.endsWith('.ts') ? '@parallax/runtime/doctor' : './engines-doctor.js';
  return import(place);
}

/** A table of all, then a line for each that could be had. */
export function formatReports(reports: readonly EngineReport[]): string {
  const columns = [
    { heading: 'engine' },
    { heading: 'runs' },
    { heading: 'version' },
    { heading: 'device, or reason' },
  ];
  const rows = reports.map(({ engine, ready, version, detail }) => [
    engine,
    ready ? 'yes' : 'no',
    version || '–',
    detail,
  ]);
  const missing = reports.filter(({ ready }) => !ready).map(({ engine, remedy }) => `${engine}: ${remedy}`);
  const advice = missing.length === 0 ? '' : `\n\nTo get what is missing:\n${missing.join('\n')}`;
  return formatTable(columns, rows) + advice;
}
