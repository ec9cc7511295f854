/** What is known of one way to run graphs on this machine. */
export interface EngineReport {
  /** Runtime and device, such as `onnxruntime webgpu`. */
  readonly engine: string;
  /** Version of the package, and of the native library where that has its own; empty when it is not installed. */
  readonly version: string;
  /** Whether a small graph ran and gave the right numbers. */
  readonly ready: boolean;
  /** The device it ran on; when it did not, why. */
  readonly detail: string;
  /** How to get it; empty when there is nothing to get. */
  readonly remedy: string;
}
