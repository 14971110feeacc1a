import { describe, expect, test } from 'vitest';

import { cleaned, fieldsOf, type Choice } from '../src/core/forms/fields';
import { validate } from '../src/core/forms/validate';

const words = (name: string): Choice[] => (name === 'plaque_states' ? [{ value: 'hung', zh: '已悬挂', en: 'Hung' }] : []);
const form = {
  type: 'object',
  properties: {
    wishes: { title: '愿望', 'x-title-en': 'Wishes', 'x-order': 3, type: 'string', maxLength: 5 },
    health: { title: '身体状况', 'x-order': 1, oneOf: [{ const: 'good', title: '好' }, { const: 'poor', title: '差' }] },
    plaque: { title: '光荣牌', 'x-order': 2, type: 'string', 'x-vocabulary': 'plaque_states' },
    people: { title: '人数', 'x-order': 4, type: 'integer', minimum: 1, maximum: 20 },
    needed: { title: '仍需帮扶', 'x-order': 5, type: 'boolean' },
    helps: { title: '措施', 'x-order': 6, type: 'array', items: { enum: ['a', 'b'] } },
    odd: { title: '其他', 'x-order': 7, type: 'object' },
  },
  required: ['health', 'needed'],
  if: { properties: { needed: { const: true } }, required: ['needed'] },
  then: { properties: { why: { title: '原因', 'x-order': 8, type: 'string' } }, required: ['why'] },
};

test('fields come in their order, with their labels and kinds', () => {
  const fields = fieldsOf(form, { needed: false }, words);
  expect(fields.map(({ name, kind, required }) => `${name} ${kind}${required ? ' *' : ''}`)).toEqual([
    'health one *', 'plaque one', 'wishes text', 'people number', 'needed boolean *', 'helps many', 'odd unknown',
  ]);
  expect(fields[1]).toMatchObject({ zh: '光荣牌', choices: [{ value: 'hung', zh: '已悬挂', en: 'Hung' }] });
  expect(fields[2]).toMatchObject({ zh: '愿望', en: 'Wishes', max: 5 });
});

test('a branch is shown while its condition holds', () => {
  const names = (answers: Record<string, unknown>): string[] => fieldsOf(form, answers, words).map(({ name }) => name);
  expect(names({ needed: true })).toContain('why');
  expect(names({ needed: false })).not.toContain('why');
});

describe('faults are found by field', () => {
  test.each([
    [{}, { health: 'missing', needed: 'missing' }],
    [{ health: 'good', needed: true }, { why: 'missing' }],
    [{ health: 'good', needed: false, wishes: '一二三四五六' }, { wishes: 'too_long' }],
    [{ health: 'good', needed: false, people: 0 }, { people: 'too_small' }],
    [{ health: 'good', needed: false, people: 21 }, { people: 'too_large' }],
    [{ health: 'fair', needed: false }, { health: 'invalid' }],
    [{ health: 'good', needed: false }, {}],
  ])('%j', (answers, faults) => {
    expect(Object.fromEntries(validate(form, answers))).toEqual(faults);
  });
});

test('a yes or no that has to be one of them is checked', () => {
  const title = { title: '核实人与对象无亲属关系', 'x-order': 1 };
  const confirmed = { type: 'object', properties: { no_relative: { ...title, type: 'boolean', const: true } } };
  expect(fieldsOf(confirmed, {}, words)[0]).toMatchObject({ name: 'no_relative', kind: 'boolean' });
  expect(Object.fromEntries(validate(confirmed, { no_relative: false }))).toEqual({ no_relative: 'invalid' });
  expect(validate(confirmed, { no_relative: true }).size).toBe(0);
});

test('empty answers and those without a field are left out', () => {
  const answers = { health: 'good', wishes: '', helps: [], gone: 'x', needed: false };
  expect(cleaned(answers, fieldsOf(form, answers, words))).toEqual({ health: 'good', needed: false });
});
