import type { Beneficiary, Task } from '../src/core/api';
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
