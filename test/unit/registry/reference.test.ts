import { expect, test } from 'vitest';
import { parseImage } from '../../../src/registry/reference.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;

test.each([
  ['shop/web', { repository: 'shop/web', tag: null, digest: null }],
  ['shop/web:v2', { repository: 'shop/web', tag: 'v2', digest: null }],
  [`shop/web@${DIGEST}`, { repository: 'shop/web', tag: null, digest: DIGEST }],
  ['web:V_2.1-x', { repository: 'web', tag: 'V_2.1-x', digest: null }],
])('%s is an image', (text, image) => {
  expect(parseImage(text)).toEqual(image);
});

test.each([
  '',
  ':v2',
  'shop/web:',
  'shop/web@',
  'shop/web@v2',
  'Shop/web:v2',
  'shop//web',
  'north:5000/shop/web:v2',
  'registry.example.com:5000/shop/web',
  'https://north/shop/web',
  `shop/web:v2@${DIGEST}`,
  `shop/web@${DIGEST}@${DIGEST}`,
  `shop/web:${'v'.repeat(129)}`,
  '../catalog:v2',
])('%j is none', (text) => {
  expect(parseImage(text)).toBeNull();
});
