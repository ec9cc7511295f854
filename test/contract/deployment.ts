/** The processes of a deployment. */
export const processNames = [
  'encoder-sl',
  'encoder-cl',
  'encoder-mim',
  'encoder-dm',
  'probe',
  'attack',
  'metrics',
  'experiment',
  'gateway',
] as const;

/** Name of a process of a deployment. */
export type ProcessName = (typeof processNames)[number];

/** All services, running somewhere, as a client sees them. */
export interface Deployment extends AsyncDisposable {
  /** `host:port` of each process's gRPC server, as dialled from the tests. */
  readonly addresses: Readonly<Record<ProcessName, string>>;
}

/** Processes in groups: those of a group need only groups before, so they can start at the same time. */
export const startGroups: readonly (readonly ProcessName[])[] = [
  ['metrics', 'encoder-sl', 'encoder-cl', 'encoder-mim', 'encoder-dm'],
  ['probe', 'attack'],
  ['experiment'],
  ['gateway'],
];

/** Name of the service, and of its folder: four of the processes are the encoder service. */
export function serviceOf(name: ProcessName): string {
  return name.startsWith('encoder-') ? 'encoder' : name;
}

/** What a process is told by its environment: which it is, and where those it calls listen. */
export function environmentOf(name: ProcessName, addressOf: (name: ProcessName) => string): Record<string, string> {
  const paradigms = ['sl', 'cl', 'mim', 'dm'] as const;
  const own: Record<string, string> = name.startsWith('encoder-')
    ? { PARALLAX_PARADIGM: name.slice('encoder-'.length) }
    : { PARALLAX_ENCODERS: paradigms.map((paradigm) => `${paradigm}=${addressOf(`encoder-${paradigm}`)}`).join(',') };
  if (name === 'experiment' || name === 'gateway') {
    own['PARALLAX_ATTACK'] = addressOf('attack');
    own['PARALLAX_METRICS'] = addressOf('metrics');
  }
  if (name === 'experiment') own['PARALLAX_PROBE'] = addressOf('probe');
  if (name === 'gateway') own['PARALLAX_EXPERIMENT'] = addressOf('experiment');
  return own;
}
