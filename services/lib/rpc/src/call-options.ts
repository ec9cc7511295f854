/** How long a call may take, and what stops it. The context of a call being served fits, and so passes both on. */
export interface CallOptions {
  /** Cancels the call when aborted. */
  readonly signal?: AbortSignal | undefined;
  /** When to stop waiting. */
  readonly deadline?: Date | undefined;
  /** Time to wait from now on, in milliseconds; with `deadline` too, the earlier one counts. Infinity waits for ever. */
  readonly deadlineMs?: number | undefined;
}

/** The instant a call started now must end, or undefined when it may go on for ever. */
export function deadlineOf({ deadline, deadlineMs }: CallOptions, defaultMs: number): Date | undefined {
  const limitMs = deadlineMs ?? (deadline === undefined ? defaultMs : Number.POSITIVE_INFINITY);
  const instant = Math.min(deadline?.getTime() ?? Number.POSITIVE_INFINITY, Date.now() + limitMs);
  return Number.isFinite(instant) ? new Date(instant) : undefined;
}
