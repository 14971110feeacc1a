/** The last tap, while it can be taken back without a trace: for six seconds, unless it is sent before. */
import type { Command } from '../core/api';

export const UNDO_MS = 6000;

const UNDOABLE = new Set<Command['type']>([
  'task.accept', 'task.decline', 'task.release', 'task.start', 'task.reassign', 'task.reschedule', 'task.escalate', 'task.cancel', 'case.move',
]);

/** A command that may be taken back. */
export interface Undoable {
  readonly id: string;
  readonly type: Command['type'];
}

let offer = $state.raw<Undoable>();
let timer: ReturnType<typeof setTimeout> | undefined;

export function isUndoable(type: Command['type']): boolean {
  return UNDOABLE.has(type);
}

export function undoable(): Undoable | undefined {
  return offer;
}

export function offerUndo(command: Undoable): void {
  clearTimeout(timer);
  offer = command;
  timer = setTimeout(endUndo, UNDO_MS);
}

export function endUndo(): void {
  clearTimeout(timer);
  offer = undefined;
}
