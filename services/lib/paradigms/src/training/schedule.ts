/** Linear warm-up to `peak` over `warmup` steps, then one half cosine down to 0 at the last of `steps` steps. */
export function warmupCosine(peak: number, warmup: number, steps: number): (step: number) => number {
  return (step) => {
    if (step < warmup) return (peak * (step + 1)) / warmup;
    const progress = (step - warmup) / Math.max(1, steps - warmup);
    return (peak * (1 + Math.cos(Math.PI * progress))) / 2;
  };
}
