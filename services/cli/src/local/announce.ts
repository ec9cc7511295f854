import type { LocalServices } from '../server.ts';
import { formatTable } from '../terminal/table.ts';
import type { Terminal } from '../terminal/terminal.ts';

/** Tells the user where everything listens. */
export function announce({ services, logFile }: LocalServices, terminal: Terminal): void {
  const rows = services.map(({ name, address }) => [name, name === 'gateway' ? `http://${address}/` : address]);
  terminal.print(formatTable([{ heading: 'service' }, { heading: 'address' }], rows));
  terminal.note(`log: ${logFile}`);
}
