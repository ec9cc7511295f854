/** Largest message sent or received: 5,000 CIFAR images in float32, and as much as one copy in memory may cost. */
export const defaultMaxMessageBytes = 64 * 1024 * 1024;

/** HTTP/2 flow-control window. The protocol's default of 64 KiB would stop large tensors every few packets. */
export const flowControlWindowBytes = 4 * 1024 * 1024;

/** Time a unary call may take unless its caller says otherwise. */
export const defaultDeadlineMs = 60_000;

/** Time calls in progress are given to end when a server stops. */
export const defaultDrainMs = 5_000;

/** Calls a server works on at a time, open streams included. */
export const defaultMaxConcurrentCalls = 1_024;

/** Idle time after which a connection is probed, and time a probe may take: finds peers that vanished without a word. */
export const keepaliveMs = 60_000;

/** Attempts of a call that may be repeated, the first included. */
export const maxAttempts = 4;

/** Pause before the second attempt; it doubles with each further one. */
export const firstRetryDelayMs = 100;
