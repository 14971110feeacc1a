/** Whether a row has what the screens rely on. A row that has not is left out, so that the others work. */

type Check = (value: unknown) => boolean;

const text: Check = (value) => typeof value === 'string' && value !== '';
const day: Check = (value) => typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value);
const moment: Check = (value) => typeof value === 'string' && Number.isFinite(Date.parse(value));
const number: Check = (value) => typeof value === 'number' && Number.isFinite(value);
const list: Check = (value) => Array.isArray(value);
const absentOr = (check: Check): Check => (value) => value === undefined || value === null || check(value);
const planned: Check = (value) => fits(value, { day, start: number });
const windowed: Check = (value) => fits(value, { start: number, end: number });

/** The fields by the type of the row; rows of other types are kept as they are. */
const FIELDS: Record<string, Record<string, Check>> = {
  task: {
    id: text, kind: text, state: text, due_on: day, not_before: day, created_at: moment, updated_at: moment, skills: list,
    minutes: number, priority: number, attempt: number, planned_for: absentOr(planned), window: absentOr(windowed),
  },
  beneficiary: {
    id: text, name: text, view: text, categories: absentOr(list), tags: absentOr(list), visits: absentOr(list), next_of_kin: absentOr(list),
    hardships: absentOr(list),
  },
  service_kind: { code: text, name: text },
  vocabulary: { name: text, words: list },
  notice: { id: text, title: text, text, until: day, created_at: moment },
  account_notice: { id: text, kind: text, title: text },
  station: { name: text, phone: text },
  holiday: { date: day, name: text },
  goods_item: { code: text, name: text, unit: text },
  handout: { id: text, beneficiary_id: text, item: text, occasion: text, station: text, quantity: number, state: text },
  case: { id: text, kind: text, name: text, step: text, step_name: text, due_on: absentOr(day), waiting_since: moment, may_come: list, documents: absentOr(list) },
  availability: { weekly: list, exceptions: list, absences: list, weekly_minutes: number },
};

export function isReadable(type: string, data: unknown): boolean {
  const fields = FIELDS[type];
  return fields === undefined || fits(data, fields);
}

function fits(data: unknown, fields: Record<string, Check>): boolean {
  if (typeof data !== 'object' || data === null) return false;
  return Object.entries(fields).every(([name, check]) => check((data as Record<string, unknown>)[name]));
}
