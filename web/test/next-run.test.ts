import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { NextRun } from '../src/core/sync/next-run';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('a later run does not replace a sooner one, such as that of a report while a sync ends', () => {
  const run = vi.fn();
  const next = new NextRun(run);
  next.in(800);
  next.in(900_000);
  vi.advanceTimersByTime(800);
  expect(run).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(900_000);
  expect(run).toHaveBeenCalledTimes(1);
});

test('a sooner run replaces a later one, and after a run the next one can be asked for', () => {
  const run = vi.fn();
  const next = new NextRun(run);
  next.in(900_000);
  next.in(0);
  vi.advanceTimersByTime(0);
  expect(run).toHaveBeenCalledTimes(1);
  next.in(5000);
  vi.advanceTimersByTime(5000);
  expect(run).toHaveBeenCalledTimes(2);
});

test('a cancelled run does not happen', () => {
  const run = vi.fn();
  const next = new NextRun(run);
  next.in(800);
  next.cancel();
  vi.advanceTimersByTime(800);
  expect(run).not.toHaveBeenCalled();
  next.in(900);
  vi.advanceTimersByTime(900);
  expect(run).toHaveBeenCalledTimes(1);
});
