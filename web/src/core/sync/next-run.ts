/** The next run of the sync: of two that are asked for, the sooner one. */
export class NextRun {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private due = Infinity;

  constructor(private readonly run: () => void) {}

  /** Runs after a delay in milliseconds, unless a sooner run waits. */
  in(delay: number): void {
    const due = performance.now() + delay;
    if (due >= this.due) return;
    clearTimeout(this.timer);
    this.due = due;
    this.timer = setTimeout(() => {
      this.due = Infinity;
      this.run();
    }, delay);
  }

  cancel(): void {
    clearTimeout(this.timer);
    this.due = Infinity;
  }
}
