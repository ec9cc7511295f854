import type { GivenOptions, NormName } from '@parallax/attacks';
import type { Library, PeerAttack } from './peers.ts';

/** One attack of ours, and the attacks of the libraries that are the same under the same settings. */
export interface Contest {
  readonly attack: string;
  readonly norm: NormName;
  /** Absent for attacks that look for the nearest image: those are judged by how near it is. */
  readonly epsilon?: number;
  readonly options: GivenOptions;
  readonly peers: readonly PeerAttack[];
}

type Parameters = PeerAttack['parameters'];

function of(library: Library, attack: string, parameters: Parameters = {}): PeerAttack {
  return { library, attack, parameters };
}

const eps = 8 / 255;
const wide = { norm: 'linf', epsilon: eps } as const;
const round = { norm: 'l2', epsilon: 0.5 } as const;

/** 10 moves of 2/255, as torchattacks makes unless it is told. */
const moves = { steps: 10, stepSize: 2 / 255 } as const;
const theirMoves = { eps, steps: 10, alpha: 2 / 255, decay: 1 } as const;

const beyondBox = 'looks ahead beyond the box, to which ours are clipped';
const wholeBatch = 'stops all images together, when the sum of what is minimised stalls';

const fixedBudget: readonly Contest[] = [
  {
    attack: 'fgsm',
    ...wide,
    options: {},
    peers: [of('foolbox', 'FGSM'), of('torchattacks', 'FGSM', { eps })],
  },
  { attack: 'fgsm', ...round, options: {}, peers: [of('foolbox', 'FGM')] },
  {
    attack: 'pgd',
    ...wide,
    options: { steps: 40, stepSize: 1 / 255 },
    peers: [
      of('foolbox', 'LinfPGD', { steps: 40, abs_stepsize: 1 / 255 }),
      of('torchattacks', 'PGD', { eps, steps: 40, alpha: 1 / 255 }),
    ],
  },
  {
    attack: 'pgd',
    ...round,
    options: { steps: 40, stepSize: 0.05 },
    peers: [
      of('foolbox', 'L2PGD', { steps: 40, abs_stepsize: 0.05 }),
      of('torchattacks', 'PGDL2', { eps: 0.5, steps: 40, alpha: 0.05 }),
    ],
  },
  {
    attack: 'mi-fgsm',
    ...wide,
    options: moves,
    peers: [of('foolbox', 'MIFGSM', { steps: 10, abs_stepsize: 2 / 255 }), of('torchattacks', 'MIFGSM', theirMoves)],
  },
  {
    attack: 'ni-fgsm',
    ...wide,
    options: moves,
    peers: [{ ...of('torchattacks', 'NIFGSM', theirMoves), unlike: beyondBox }],
  },
  {
    attack: 'si-fgsm',
    ...wide,
    options: { ...moves, lookAhead: true },
    peers: [{ ...of('torchattacks', 'SINIFGSM', { ...theirMoves, m: 5 }), unlike: beyondBox }],
  },
  {
    attack: 'vmi-fgsm',
    ...wide,
    options: { ...moves, neighbours: 5 },
    peers: [
      {
        ...of('torchattacks', 'VMIFGSM', { ...theirMoves, N: 5 }),
        unlike: 'looks at neighbours beyond the box, to which ours are clipped',
      },
    ],
  },
  {
    attack: 'ti-fgsm',
    ...wide,
    options: { ...moves, kernelSize: 7 },
    peers: [of('torchattacks', 'TIFGSM', { ...theirMoves, len_kernel: 7, diversity_prob: 0 })],
  },
  {
    attack: 'di-fgsm',
    ...wide,
    options: moves,
    peers: [{ ...of('torchattacks', 'DIFGSM', theirMoves), unlike: 'resizes all images of a batch alike' }],
  },
  {
    attack: 'square',
    ...wide,
    options: { queries: 1000 },
    peers: [
      { ...of('torchattacks', 'Square', { eps, n_queries: 1000 }), unlike: 'changes the same window in all images' },
    ],
  },
];

const fmnPeers = { linf: 'LInfFMNAttack', l2: 'L2FMNAttack', l1: 'L1FMNAttack' } as const;

const minimumNorm: readonly Contest[] = [
  {
    attack: 'cw',
    norm: 'l2',
    options: { searchSteps: 9, steps: 200, abortEarly: false },
    peers: [of('foolbox', 'L2CarliniWagnerAttack', { steps: 200, abort_early: false })],
  },
  {
    attack: 'cw',
    norm: 'l2',
    options: { searchSteps: 9, steps: 200 },
    peers: [{ ...of('foolbox', 'L2CarliniWagnerAttack', { steps: 200 }), unlike: wholeBatch }],
  },
  {
    attack: 'cw',
    norm: 'l2',
    options: { searchSteps: 1, initialWeight: 1, steps: 500, abortEarly: false },
    peers: [{ ...of('torchattacks', 'CW', { c: 1, steps: 500 }), unlike: wholeBatch }],
  },
  {
    attack: 'deepfool',
    norm: 'l2',
    options: {},
    peers: [
      of('foolbox', 'L2DeepFoolAttack'),
      { ...of('torchattacks', 'DeepFool'), unlike: 'overshoots in each move and moves on from there' },
    ],
  },
  { attack: 'deepfool', norm: 'linf', options: {}, peers: [of('foolbox', 'LinfDeepFoolAttack')] },
  { attack: 'ddn', norm: 'l2', options: { steps: 100 }, peers: [of('foolbox', 'DDNAttack', { steps: 100 })] },
  ...(['l2', 'linf', 'l1'] as const).map((norm) => ({
    attack: 'fmn',
    norm,
    options: { steps: 100 },
    peers: [
      {
        ...of('foolbox', fmnPeers[norm], { steps: 100 }),
        ...(norm === 'l2' ? { unlike: 'never projects: it divides lengths by themselves' } : {}),
      },
    ],
  })),
  {
    attack: 'hopskipjump',
    norm: 'l2',
    options: { queries: 1000 },
    peers: [
      {
        ...of('foolbox', 'HopSkipJumpAttack', { steps: 5 }),
        unlike: 'makes rounds, however many looks they take; five are about as many as ours',
        together: 20,
      },
    ],
  },
];

/** In the order in which they are run. */
export const contests: readonly Contest[] = [...fixedBudget, ...minimumNorm];
