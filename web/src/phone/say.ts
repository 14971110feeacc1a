/** Sentences: problems, days, kinds. Each says what happens next. */
import type { Handout, ProblemBody } from '../core/api';
import { Refusal, Unreachable } from '../core/http';
import { isKey, label, t } from '../core/i18n/index.svelte';
import { isFull } from '../core/store/reserve';
import type { Shown } from '../core/sync/outbox';
import { addDays, duration, minutes, shortDay, shortWeekday } from '../core/time';
import { app } from './app.svelte';
import type { Settled } from './local';
import type { WhyFact } from './model';
import { isProposal, type ProposalNews } from './side';

/** The sentence for a problem's code; the service's own words for a code that this version does not know. */
export function problem(body: ProblemBody | undefined, retryAfter?: number): string {
  if (!body) return t('code.other');
  // The service says which limit a picture exceeds, or what its case does not have.
  const picture = body.errors?.find(({ pointer }) => pointer === 'Upload-Metadata');
  if (picture) return picture.detail;
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

/** What a record is called: the person, and what it was. */
export function title({ name, kind }: Pick<Shown, 'name' | 'kind'>): string {
  return [name, kind].filter(Boolean).join(' · ') || t('today.a_visit');
}

/** What to say of a picture that could not be stored. */
export function photoFault(error: unknown): string {
  const full = isFull(error);
  if (full) app.full = true;
  return t(full ? 'storage.full' : 'report.photo_bad');
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
    case 'set':
      return t(`why.${fact.fact}`, { day: day(fact.day), time: minutes(fact.start) });
    case 'travel':
      return t('why.travel', { time: duration(fact.minutes) });
    case 'near':
      return t('why.near', { km: fact.km });
    default:
      return t(`why.${fact.fact}`);
  }
}

/** The last step of a record: what the service, or the manager of the grid, did with it. */
export interface Fate {
  readonly tone: 'ok' | 'kept';
  readonly icon: 'ok' | 'keep' | 'warn' | 'wait' | 'info';
  readonly words: string;
}

export function fate({ entry, text }: Settled, news?: ProposalNews): Fate {
  if (entry.outcome === 'recorded') return { tone: 'kept', icon: 'keep', words: t('records.recorded') };
  if (entry.outcome === 'rejected') return { tone: 'kept', icon: 'warn', words: t('records.rejected') };
  if (isProposal(entry.type)) return decided(news);
  const { payload } = JSON.parse(text) as { payload?: { outcome?: string } };
  const outcome = payload?.outcome;
  const last = outcome === 'not_home' && app.task(entry.task_id)?.state === 'failed';
  const words = last ? t('records.applied_last') : outcome === 'not_home' ? t('records.applied_retry') : outcome === 'refused' ? t('records.applied_failed') : entry.type === 'task.report' ? t('records.applied_done') : t('records.applied');
  return { tone: 'ok', icon: 'ok', words };
}

function decided(news: ProposalNews | undefined): Fate {
  switch (news?.state) {
    case 'accepted':
      return { tone: 'ok', icon: 'ok', words: news.kind ? t('proposal.accepted_kind', { kind: app.kindName(news.kind) }) : t('proposal.accepted') };
    case 'refused':
      return { tone: 'kept', icon: 'info', words: t('proposal.refused', { reason: news.reason ?? '' }) };
    case 'replaced':
    case 'lapsed':
      return { tone: 'kept', icon: 'info', words: t(`proposal.${news.state}`) };
    default:
      return { tone: 'kept', icon: 'wait', words: t('proposal.open') };
  }
}

/** The name of an occasion such as `spring_festival_2027`, by the district's holidays; its code if none has it. */
export function occasion(code: string): string {
  const [, base = code, year = ''] = /^(.+?)(?:_(\d{4}))?$/.exec(code) ?? [];
  const name = app.all('holiday').find((day) => day.code === base)?.name;
  return name ? `${name} ${year}`.trim() : code;
}

/** What is handed out, such as `大米 × 2 袋`. */
export function goods({ item: code, quantity }: Handout): string {
  const item = app.row('goods_item', code);
  return item ? `${label(item.name, item.name_en)} × ${quantity} ${item.unit}` : `${code} × ${quantity}`;
}
