import {
  add,
  and,
  cast,
  clip,
  constant,
  div,
  equal,
  erf,
  gather,
  minimum,
  mul,
  not,
  or,
  sqrt,
  sub,
  type Value,
  where,
} from '@parallax/graph';
import type { Draw } from '@parallax/objectives';
import { elementCount, int64 } from '@parallax/tensor';
import type { Moment, Procedure } from '../attack.ts';
import type { Ball } from '../budget.ts';
import { isLast } from '../last-step.ts';
import { homecoming, keepNearest, type Nearest, startNearest } from '../minimum-norm/nearest.ts';
import { l2 } from '../norms/l2.ts';
import { asVector, besideImages, everySample } from '../norms/per-sample.ts';
import { halvingsOf, probesByRound } from './hop-skip-jump-schedule.ts';

export interface HopSkipJumpSettings {
  readonly queries: number;
  readonly firstProbes: number;
  readonly mostProbes: number;
  readonly gamma: number;
}

/**
 * What a sample is at: looking for noise that breaks it; narrowing in on the boundary from there; looking around on the
 * boundary for the way that leads across; leaping that way.
 */
const phases = { seek: 0, search: 1, probe: 2, leap: 3 } as const;

type HopSkipJumpState = Nearest & {
  /** One of {@link phases}, int64 [N]; looks made in it, int64 [N]; leaps landed before, int64 [N]. */
  readonly phase: Value;
  readonly count: Value;
  readonly round: Value;
  /** To be looked at next, [N,C,H,W]. */
  readonly look: Value;
  /** Broken: where the last search began, and where it or the last leap has come to, [N,C,H,W]; their distances, [N]. */
  readonly outside: Value;
  readonly here: Value;
  readonly outsideDistance: Value;
  readonly hereDistance: Value;
  /** Shares of the distance of `outside`, [N]: broken at `high`, at `low` not. */
  readonly low: Value;
  readonly high: Value;
  /** How far probes and leaps reach, [N], in L2 the ones and in the norm of the ball the others. */
  readonly reach: Value;
  /**
   * Sum of the verdicts of the probes so far, 1 or -1, [N]; of the probes by their verdicts; of the probes, [N,C,H,W]. In a
   * leap `crossing` is its direction.
   */
  readonly agreed: Value;
  readonly crossing: Value;
  readonly probes: Value;
};

/** How far the probes of the first round reach. */
const firstReach = 0.1;

/** HopSkipJump, Algorithm 2 of Chen et al. 2020: every sample goes through the phases at its own pace, one look a step. */
export function hopSkipJumpProcedure(settings: HopSkipJumpSettings, ball: Ball): Procedure<HopSkipJumpState> {
  const { queries } = settings;
  const law = lawIn(ball);
  return {
    steps: queries,
    wanders: true,
    init: (clean, draw) => ({
      phase: everySample(phases.seek, clean, 'int64'),
      count: everySample(0, clean, 'int64'),
      round: everySample(0, clean, 'int64'),
      look: law(draw).noise,
      outside: clean,
      here: clean,
      outsideDistance: everySample(0, clean),
      hereDistance: everySample(0, clean),
      low: everySample(0, clean),
      high: everySample(1, clean),
      reach: everySample(0, clean),
      agreed: everySample(0, clean),
      crossing: mul(clean, 0),
      probes: mul(clean, 0),
      ...startNearest(clean),
    }),
    query: ({ look }) => look,
    update: (before, { reached }, { clean, step, draw }) => {
      const state = turn(before, reached, clean, settings, ball);
      const next = lookFrom(state, clean, law(draw), ball);
      return { ...state, look: where(isLast(step, queries), homecoming(state, clean, clean, ball), next) };
    },
    result: ({ look }, { loss }) => ({ images: look, loss }),
  };
}

/** Noise all over the box, [N,C,H,W], and a direction of length 1, both of the same draw. */
interface Drawn {
  readonly noise: Value;
  readonly direction: Value;
}

/** Directions are normal in L2 and uniform in Linf; uniform noise follows from either. */
function lawIn({ norm, dims }: Ball): (draw: Draw) => Drawn {
  if (norm.name === 'linf') {
    return (draw) => {
      const noise = draw('direction', 'uniform', dims);
      return { noise, direction: l2.steepest(sub(mul(noise, 2), 1)) };
    };
  }
  return (draw) => {
    const normal = draw('direction', 'normal', dims);
    const noise = mul(add(erf(mul(normal, Math.SQRT1_2)), 1), 0.5);
    return { noise, direction: l2.steepest(normal) };
  };
}

/** What one verdict at the look, bool [N], leads to, but for the next look. */
function turn(
  state: HopSkipJumpState,
  reached: Value,
  clean: Moment['clean'],
  settings: HopSkipJumpSettings,
  ball: Ball,
): HopSkipJumpState {
  const { look, count, low, high } = state;
  const isIn = (phase: keyof typeof phases): Value => equal(state.phase, phases[phase]);
  const distance = asVector(ball.norm.measure(sub(look, clean)));
  const isLanded = and(reached, or(isIn('seek'), isIn('leap')));
  const isSearched = and(isIn('search'), equal(count, halvingsOf(settings.gamma, ball) - 1));
  const table = probesByRound(settings, ball);
  const rounds = minimum(state.round, table.length - 1);
  const isProbed = and(isIn('probe'), equal(add(count, 1), gather(constant(int64([table.length], table)), rounds)));
  const middle = mul(add(low, high), 0.5);
  const isNearer = and(reached, not(isIn('probe')));
  const moved = {
    ...state,
    ...keepNearest(state, { images: look, distance, broken: reached }),
    here: where(besideImages(isNearer), look, state.here),
    hereDistance: where(isNearer, distance, state.hereDistance),
    outside: where(besideImages(isLanded), look, state.outside),
    outsideDistance: where(isLanded, distance, state.outsideDistance),
    low: where(isLanded, 0, where(and(isIn('search'), not(reached)), middle, low)),
    high: where(isLanded, 1, where(and(isIn('search'), reached), middle, high)),
    round: add(state.round, cast(and(isLanded, isIn('leap')), 'int64')),
    count: where(or(isLanded, or(isSearched, isProbed)), 0, add(count, 1)),
    phase: where(isLanded, phases.search, where(isSearched, phases.probe, where(isProbed, phases.leap, state.phase))),
  };
  return {
    ...moved,
    ...sums(state, { reached, isProbing: isIn('probe'), isProbed, isSearched }, ball),
    reach: where(
      isSearched,
      probeReach(moved, settings, ball),
      where(isProbed, leapReach(moved), mul(state.reach, where(isIn('leap'), 0.5, 1))),
    ),
  };
}

interface Verdicts {
  readonly reached: Value;
  readonly isProbing: Value;
  readonly isProbed: Value;
  readonly isSearched: Value;
}

/**
 * The sums over probes, begun anew after a search; once all probes are seen, `crossing` is the way across: their mean by
 * verdict, less what the mean verdict makes of it (eq. 16). Where all verdicts agree there is no difference to be taken.
 */
function sums(
  { look, here, reach, agreed, crossing, probes, count }: HopSkipJumpState,
  { reached, isProbing, isProbed, isSearched }: Verdicts,
  { norm }: Ball,
): Pick<HopSkipJumpState, 'agreed' | 'crossing' | 'probes'> {
  // What was looked at is rounded and clipped: the direction is where it really led.
  const direction = div(sub(look, here), besideImages(where(isProbing, reach, 1)));
  const verdict = where(reached, 1, -1);
  const added = {
    agreed: add(agreed, verdict),
    crossing: add(crossing, mul(direction, besideImages(verdict))),
    probes: add(probes, direction),
  };
  const mean = div(added.agreed, cast(add(count, 1), 'float32'));
  const isUnanimous = equal(mul(mean, mean), 1);
  const across = sub(added.crossing, mul(added.probes, besideImages(where(isUnanimous, 0, mean))));
  const kept = (sum: Value, old: Value): Value => where(isSearched, 0, where(isProbing, sum, old));
  const keptImages = (sum: Value, old: Value): Value =>
    where(besideImages(isSearched), 0, where(besideImages(isProbing), sum, old));
  return {
    agreed: kept(added.agreed, agreed),
    crossing: keptImages(where(besideImages(isProbed), norm.steepest(across), added.crossing), crossing),
    probes: keptImages(added.probes, probes),
  };
}

/** After the first round the share γ/d of the distance at which the search began, for images of d numbers. */
function probeReach(
  { round, outsideDistance }: HopSkipJumpState,
  { gamma }: HopSkipJumpSettings,
  { dims }: Ball,
): Value {
  return where(equal(round, 0), firstReach, mul(outsideDistance, gamma / elementCount(dims)));
}

/** The distance of the boundary, by the root of the rounds so far. */
function leapReach({ round, hereDistance }: HopSkipJumpState): Value {
  return div(hereDistance, sqrt(cast(add(round, 1), 'float32')));
}

/** Where a sample looks next in the phase it is in. */
function lookFrom(state: HopSkipJumpState, clean: Value, drawn: Drawn, { norm }: Ball): Value {
  const { phase, here, outside, outsideDistance, low, high, reach, crossing } = state;
  const isIn = (name: keyof typeof phases): Value => besideImages(equal(phase, phases[name]));
  const between = norm.contain(outside, clean, besideImages(mul(outsideDistance, mul(add(low, high), 0.5))));
  const way = where(isIn('probe'), drawn.direction, crossing);
  const away = clip(add(here, mul(way, besideImages(reach))), 0, 1);
  return where(isIn('seek'), drawn.noise, where(isIn('search'), between, away));
}
