import { readFileSync } from 'node:fs';

import { expect, test } from 'vitest';

import { cleaned, fieldsOf, type Choice } from '../src/core/forms/fields';
import { validate } from '../src/core/forms/validate';

/** A form with every sort of field that the service accepts, and answers with their faults: the service is tested with it too. */
const { form, fields: kinds, answers: all } = JSON.parse(
  readFileSync(new URL('../../api/src/catalogue/form/example.json', import.meta.url), 'utf8'),
) as {
  form: { properties: Record<string, { oneOf?: { const: unknown }[]; items?: { oneOf?: { const: unknown }[] } }> };
  fields: Record<string, string>;
  answers: { given: Record<string, unknown>; faults: Record<string, string> }[];
};
const words = (name: string): Choice[] => [{ value: `of_${name}`, zh: '词', en: 'Word' }];

test('every field is shown in its order, with its label', () => {
  const fields = fieldsOf(form, {}, words);
  expect(Object.fromEntries(fields.map(({ name, kind }) => [name, kind]))).toEqual(kinds);
  expect(fields.map(({ name }) => name)).toEqual(Object.keys(kinds));
  expect(fields.filter(({ required }) => required).map(({ name }) => name)).toEqual(['health']);
  expect(fields[0]).toMatchObject({ zh: '说明', en: 'Note', max: 5 });
  expect(fields[3]).toMatchObject({ integer: true, min: 1, max: 20 });
});

test('a choice is the constant of the form, or a word of the district', () => {
  for (const field of fieldsOf(form, {}, words)) {
    if (field.kind !== 'one' && field.kind !== 'many') continue;
    const schema = form.properties[field.name];
    const options = schema?.items?.oneOf ?? schema?.oneOf;
    const given = field.choices.map(({ value }) => value);
    if (options) expect(given, field.name).toEqual(options.map((option) => option.const));
    else expect(given[0], field.name).toMatch(/^of_(plaque_states|needs)$/);
    // Each choice can be saved.
    for (const value of options ? given : []) {
      const answers = { health: 'good', note: '', lift: true, [field.name]: field.kind === 'many' ? [value] : value };
      expect(validate(form, answers).has(field.name), `${field.name} ${String(value)}`).toBe(false);
    }
  }
});

test('a branch is shown while its condition holds', () => {
  const names = (answers: Record<string, unknown>): string[] => fieldsOf(form, answers, words).map(({ name }) => name);
  expect(names({ floor: 2 })).toContain('lift');
  for (const other of [{}, { floor: 1 }, { floor: '2' }]) expect(names(other)).not.toContain('lift');
});

test.each(all)('faults are found by field: $given', ({ given, faults }) => {
  expect(Object.fromEntries(validate(form, given))).toEqual(faults);
});

test('empty answers and those without a field are left out', () => {
  const answers = { health: 'good', note: '', aids: [], gone: 'x', alone: false };
  expect(cleaned(answers, fieldsOf(form, answers, words))).toEqual({ health: 'good', alone: false });
});
