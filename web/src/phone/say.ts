/** Sentences: problems, days, kinds. Each says what happens next. */
import type { ProblemBody } from '../core/api';
import { Refusal, Unreachable } from '../core/http';
import { isKey, t } from '../core/i18n/index.svelte';
import { addDays, duration, minutes, shortDay, shortWeekday } from '../core/time';
import { app } from './app.svelte';
import type { WhyFact } from './model';

/** The sentence for a problem's code; the service's own words for a code that this version does not know. */
export function problem(body: ProblemBody | undefined, retryAfter?: number): string {
  if (!body) return t('code.other');
  const key = `code.${body.code}`;
  if (!isKey(key)) return body.detail || t('code.other');
  const current = body.current as { assignee?: { name?: string }; task?: { state?: string } } | null | undefined;
  const state = `state.${current?.task?.state ?? ''}`;
  return t(key, {
    name: current?.assignee?.name ?? t('code.somebody'),
    state: isKey(state) ? t(state) : '',
    minutes: Math.max(1, Math.ceil((retryAfter ?? 300) / 60)),
    request_id: body.request_id ?? '',
  });
}

/** The sentence for what went wrong with a request. */
export function failure(error: unknown): string {
  if (error instanceof Unreachable) return t('code.offline');
  if (error instanceof Refusal) return problem(error.problem, error.retryAfter);
  throw error;
}

/** `今天`, `明天`, or `11月27日 周五`. */
export function day(of: string): string {
  if (of === app.today) return t('day.today');
  if (of === addDays(app.today, 1)) return t('day.tomorrow');
  return `${shortDay(of)} ${shortWeekday(of)}`;
}

export function why(fact: WhyFact): string {
  switch (fact.fact) {
    case 'planned':
      return t('why.planned', { day: day(fact.day), time: minutes(fact.start) });
    case 'travel':
      return t('why.travel', { time: duration(fact.minutes) });
    case 'near':
      return t('why.near', { km: fact.km });
    default:
      return t(`why.${fact.fact}`);
  }
}
