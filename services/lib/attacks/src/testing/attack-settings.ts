import type { GivenOptions } from '../options.ts';

/** How an attack is run in the tests that every attack must pass. */
export interface AttackSetting {
  /** Cheap, and enough to break some of the toy's samples. */
  readonly options: GivenOptions;
  /** More steps or restarts; never weaker. Absent for an attack that has nothing to be increased. */
  readonly more?: GivenOptions;
  /** Has nothing to do with breaking samples: a floor for the others. */
  readonly isBaseline?: true;
}

/** Every attack that is no cascade, by name. */
export const attackSettings: Readonly<Record<string, AttackSetting>> = {
  fgsm: { options: {} },
  pgd: { options: { steps: 6 }, more: { steps: 6, restarts: 3 } },
  apgd: { options: { steps: 12 }, more: { steps: 40 } },
  'apgd-ce': { options: { steps: 12 }, more: { steps: 12, restarts: 2 } },
  'apgd-dlr': { options: { steps: 12 }, more: { steps: 12, restarts: 2 } },
  'apgd-t': { options: { steps: 6, targets: 2 }, more: { steps: 6, targets: 4 } },
  cw: {
    options: { searchSteps: 4, steps: 20, stepSize: 0.05, initialWeight: 0.1 },
    more: { searchSteps: 6, steps: 20, stepSize: 0.05, initialWeight: 0.1 },
  },
  ddn: { options: { steps: 20 }, more: { steps: 60 } },
  fmn: { options: { steps: 20 }, more: { steps: 60 } },
  deepfool: { options: { steps: 5, classes: 3 }, more: { steps: 10, classes: 3 } },
  fab: { options: { steps: 6, classes: 3 }, more: { steps: 6, classes: 3, restarts: 2 } },
  'fab-t': { options: { steps: 10, targets: 2 }, more: { steps: 10, targets: 4 } },
  'mi-fgsm': { options: { steps: 6 } },
  'di-fgsm': { options: { steps: 6 } },
  'ni-fgsm': { options: { steps: 6 } },
  'si-fgsm': { options: { steps: 5, copies: 3 } },
  'ti-fgsm': { options: { steps: 6, kernelSize: 3 } },
  'vmi-fgsm': { options: { steps: 5, neighbours: 2 } },
  'vni-fgsm': { options: { steps: 5, neighbours: 2 } },
  noise: { options: { restarts: 2 }, more: { restarts: 5 }, isBaseline: true },
  nes: { options: { steps: 4, pairs: 8 }, more: { steps: 4, pairs: 40 } },
  spsa: { options: { steps: 4, pairs: 8 }, more: { steps: 4, pairs: 40 } },
  hopskipjump: {
    options: { queries: 80, firstProbes: 10, gamma: 10 },
    more: { queries: 240, firstProbes: 10, gamma: 10 },
  },
  square: { options: { queries: 40 }, more: { queries: 40, restarts: 2 } },
};
