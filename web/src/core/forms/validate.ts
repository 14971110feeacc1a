/** Checks answers by their form, as the service will: JSON Schema 2020-12 without `eval`. */
import { Validator, type Schema } from '@cfworker/json-schema';

/** What is wrong with a field; the app has a sentence for each. */
export type Fault = 'missing' | 'too_long' | 'too_small' | 'too_large' | 'not_a_number' | 'invalid';

const FAULTS: Record<string, Fault> = {
  required: 'missing', maxLength: 'too_long', minimum: 'too_small', maximum: 'too_large',
};

/** The faults by the name of the field. */
export function validate(form: Record<string, unknown>, answers: Record<string, unknown>): Map<string, Fault> {
  const validator = new Validator(form as Schema, '2020-12', false);
  const faults = new Map<string, Fault>();
  for (const { keyword, instanceLocation, error } of validator.validate(answers).errors) {
    const name = keyword === 'required' ? /"([^"]+)"/.exec(error)?.[1] : /^#\/([^/]+)/.exec(instanceLocation)?.[1];
    if (!name || faults.has(name)) continue;
    const type = keyword === 'type' && typeof answers[name] !== 'string' ? 'not_a_number' : 'invalid';
    faults.set(name, FAULTS[keyword] ?? type);
  }
  return faults;
}
