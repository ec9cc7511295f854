import type { Command } from 'commander';
import { z } from 'zod';
import { collect, names } from '../options/fields.ts';
import { defaultPorts, type ServiceName, serviceNames, servicesNamed } from './service-names.ts';

/** Gives a command the options that say what runs on this machine. */
export function addLocalOptions(command: Command): Command {
  return command
    .option('--only <a,b>', `run only these: ${serviceNames.join(', ')}; encoder means all four`)
    .option('--port <name=port>', 'port of a service, 0 = any free; 0 alone frees all; may be repeated', collect);
}

const only = names('services')
  .transform((words) => words.map(servicesNamed))
  .refine((groups) => groups.every((group) => group.length > 0), `a list of ${serviceNames.join(', ')}`)
  .transform((groups) => serviceNames.filter((name) => groups.some((group) => group.includes(name))));

const expectedPorts = `NAME=PORT with one of ${serviceNames.join(', ')} and a port from 0 to 65535, or 0`;
const anyFree = '0';

const ports = z.array(z.string()).transform((entries, context) => {
  const chosen: Record<ServiceName, number> = { ...defaultPorts };
  for (const entry of entries) {
    const [word = '', text = ''] = entry === anyFree ? ['', anyFree] : entry.split('=');
    const found = entry === anyFree ? serviceNames : servicesNamed(word);
    if (found.length === 0 || !/^\d{1,5}$/.test(text) || Number(text) > 65_535) {
      context.addIssue({ code: 'custom', message: expectedPorts });
      return z.NEVER;
    }
    for (const name of found) chosen[name] = Number(text);
  }
  return chosen;
});

/** The options of `addLocalOptions`, as typed → checked. */
export const localOptionsSchema = z.object({
  only: only.default([...serviceNames]),
  port: ports.default(defaultPorts),
});

/** What runs on this machine. */
export type LocalOptions = z.output<typeof localOptionsSchema>;
