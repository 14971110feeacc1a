import type { Beneficiary, Task, WaitingCase } from '../src/core/api';
import type { ShownTask } from '../src/core/sync/project';

export const ME = '00000000-0000-7000-8000-000000000001';
export const OTHER = '00000000-0000-7000-8000-000000000002';

export function task(more: Partial<ShownTask> = {}): ShownTask {
  return {
    id: '00000000-0000-7000-8000-00000000000a', kind: 'home_visit', kind_version: 1, grid: '500116001002001', minutes: 30,
    priority: 5, skills: [], not_before: '2026-11-20', due_on: '2026-11-27', state: 'open', attempt: 1,
    escalation_level: 'grid', created_at: '2026-11-20T08:00:00+08:00', updated_at: '2026-11-20T08:00:00+08:00', version: 1,
    ...more,
  } satisfies Task & ShownTask;
}

export function beneficiary(more: Partial<Beneficiary> = {}): Beneficiary {
  return { id: 'b', grid: '500116001002001', view: 'visitor', name: '张德民', ...more };
}

export function waiting(more: Partial<WaitingCase> = {}): WaitingCase {
  return {
    id: 'c', kind: 'repair', name: '维修', name_en: 'Repair', area: '500116001002001', urgent: false, step: 'found', step_name: '待核实',
    step_name_en: 'To be verified', waiting_since: '2026-11-27T09:00:00+08:00', version: 1,
    form: { type: 'object', required: ['seen'], properties: { seen: { type: 'boolean', title: '已到家中' } } },
    amount: true, referrals: [{ code: 'firm', name: '维修队', name_en: 'Repair firm' }],
    may_come: [
      { move: 'pass', name: '上报', name_en: 'Pass on', to: 'village', effect: 'advance' },
      { move: 'send', name: '转维修队', name_en: 'Send to a firm', to: 'firm', effect: 'advance', refers: true },
      { move: 'drop', name: '不需要', name_en: 'Not needed', to: 'dropped', effect: 'advance', leaves_undone: true },
    ],
    ...more,
  };
}
