/** Hand-outs of goods, as pure functions: what is asked for, and what is sent. */
import type { GoodsItem, Handout, NewHandout } from '../core/api';
import type { Pending } from '../core/sync/project';

/** What is filled in. */
export interface Filled {
  readonly serial: string;
  readonly signedBy: string;
  /** Empty if the beneficiary signs. */
  readonly relation: string;
  readonly byProxy: boolean;
}

export type GoodsFault = 'serial' | 'signed_by' | 'relation';

/** What is missing, by the rules of the item. */
export function missing(item: Pick<GoodsItem, 'has_serial' | 'needs_receipt'> | undefined, filled: Filled): GoodsFault[] {
  const receipt = item?.needs_receipt ?? true;
  return [
    ...(item?.has_serial && filled.serial.trim() === '' ? ['serial' as const] : []),
    ...(receipt && filled.signedBy.trim() === '' ? ['signed_by' as const] : []),
    ...(receipt && filled.byProxy && filled.relation.trim() === '' ? ['relation' as const] : []),
  ];
}

/**
 * The request; an unknown item gets a receipt, which no item refuses. The server knows the station: that of the plan, also
 * after a move of which the phone has not heard.
 */
export function handoutOf(handout: Handout, item: Pick<GoodsItem, 'has_serial' | 'needs_receipt' | 'once'> | undefined, filled: Filled): NewHandout {
  const { beneficiary_id, item: code, occasion } = handout;
  const [serial, signed_by, relation] = [filled.serial.trim(), filled.signedBy.trim(), filled.relation.trim()];
  return {
    beneficiary_id, item: code,
    ...(item?.once ? {} : { occasion }),
    ...(item?.has_serial ? { serial, quantity: 1 } : { quantity: handout.quantity }),
    ...((item?.needs_receipt ?? true) ? { receipt: { signed_by, ...(filled.byProxy ? { relation } : {}) } } : {}),
  };
}

/** Whether a command that waits has settled a planned hand-out. */
function settles(command: Pending, handout: Handout): boolean {
  if (command.type === 'handout.return') return command.handout_id === handout.id;
  if (command.type !== 'handout.hand_out') return false;
  const { beneficiary_id, item, occasion } = command.payload as Partial<NewHandout>;
  return beneficiary_id === handout.beneficiary_id && item === handout.item && (occasion === undefined || occasion === handout.occasion);
}

/** The hand-outs that are left: planned ones for which nothing waits to be sent. */
export function left(handouts: readonly Handout[], commands: readonly Pending[]): Handout[] {
  return handouts.filter((handout) => handout.state === 'planned' && !commands.some((command) => settles(command, handout)));
}

/** Those that are left for one beneficiary. */
export function leftAt(beneficiary: string, handouts: readonly Handout[], commands: readonly Pending[]): Handout[] {
  return left(handouts.filter(({ beneficiary_id }) => beneficiary_id === beneficiary), commands);
}

/** The hand-outs of one beneficiary. */
export interface Home {
  readonly beneficiary_id: string;
  readonly handouts: readonly Handout[];
}

/** By beneficiary, each once, in the order of the list. */
export function homes(handouts: readonly Handout[]): Home[] {
  const found = new Map<string, Handout[]>();
  for (const handout of handouts) found.set(handout.beneficiary_id, [...(found.get(handout.beneficiary_id) ?? []), handout]);
  return [...found].map(([beneficiary_id, own]) => ({ beneficiary_id, handouts: own }));
}
