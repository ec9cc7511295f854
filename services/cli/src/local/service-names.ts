/** Every process of Parallax that `up` can run, in the order they start: nobody before those it calls. */
export const serviceNames = [
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

/** Name of a process. */
export type ServiceName = (typeof serviceNames)[number];

/** Ports they listen on unless told otherwise. */
export const defaultPorts: { readonly [Name in ServiceName]: number } = {
  'encoder-sl': 50_051,
  'encoder-cl': 50_052,
  'encoder-mim': 50_053,
  'encoder-dm': 50_054,
  attack: 50_061,
  probe: 50_062,
  metrics: 50_063,
  experiment: 50_064,
  gateway: 8_080,
};

/** The services a word stands for: `encoder` means all four deployments. */
export function servicesNamed(word: string): readonly ServiceName[] {
  return serviceNames.filter((name) => name === word || name.startsWith(`${word}-`));
}
