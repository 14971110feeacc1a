/** Ids of commands: RFC 9562, 5.7. They sort by the time of the action, also within a millisecond. */

let last = 0;

/** A new id at a time in milliseconds; never smaller than the previous one of this page. */
export function uuid7(now: number = Date.now()): string {
  last = Math.max(last + 1, now);
  const random = crypto.getRandomValues(new Uint8Array(10));
  const time = last.toString(16).padStart(12, '0');
  const tail = Array.from(random, (byte) => byte.toString(16).padStart(2, '0')).join('');
  const variant = ((parseInt(tail.charAt(3), 16) & 3) | 8).toString(16);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${tail.slice(0, 3)}-${variant}${tail.slice(4, 7)}-${tail.slice(7, 19)}`;
}
