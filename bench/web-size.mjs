#!/usr/bin/env node
// The bytes of the phone app as a browser loads them, against their budgets:
//
//     make web && bench/web-size.mjs
//
// Fails if one is over its budget.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(import.meta.dirname, '../web/dist/m');
const files = readdirSync(folder, { recursive: true }).filter((name) => statSync(join(folder, name)).isFile());
const size = (name) => statSync(join(folder, files.includes(`${name}.br`) ? `${name}.br` : name)).size;
const sum = (names) => names.reduce((total, name) => total + size(name), 0);
const plain = files.filter((name) => !/\.(br|gz)$/.test(name));

// What the page loads at once: its script, and what that imports without being asked.
const first = new Set();
const imported = (text) => [...text.matchAll(/(?:^|[;}\s])(?:import|export)\s*(?:[^'"()]*?\bfrom\s*)?["']\.\/([\w.-]+\.js)["']/g)].map(([, name]) => `assets/${name}`);
const load = (name) => {
  if (first.has(name) || !files.includes(name)) return;
  first.add(name);
  imported(readFileSync(join(folder, name), 'utf8')).forEach(load);
};
for (const [, name] of readFileSync(join(folder, 'index.html'), 'utf8').matchAll(/src="\/m\/(assets\/[\w.-]+\.js)"/g)) load(name);

const rows = [
  ['JavaScript before the first screen', sum([...first]), 100],
  ['styles before the first screen', sum(plain.filter((name) => /^assets\/index-.*\.css$/.test(name))), 12],
  ['English', sum(plain.filter((name) => /^assets\/en-/.test(name))), 10],
  ['photos (tus-js-client), with the first photo', sum(plain.filter((name) => /^assets\/upload-/.test(name))), 20],
  ['map (Leaflet), with the first map', sum(plain.filter((name) => /^assets\/map-/.test(name))), 48],
  ['all that the phone keeps', sum(plain), 220],
];

console.log('| Brotli, kB | now | budget |\n| --- | ---: | ---: |');
for (const [what, bytes, budget] of rows) console.log(`| ${what} | ${(bytes / 1000).toFixed(1)} | ${budget} |`);
const embedded = files.reduce((total, name) => total + statSync(join(folder, name)).size, 0);
console.log(`| in the binary, each file three times | ${(embedded / 1000).toFixed(1)} | 2500 |`);
const over = rows.filter(([, bytes, budget]) => bytes === 0 || bytes > budget * 1000);
if (over.length > 0 || embedded > 2_500_000) {
  console.error(`over budget, or missing: ${over.map(([what]) => what).join(', ')}`);
  process.exit(1);
}
