/// <reference lib="webworker" />
/** Makes pictures smaller beside the page. */
import type { Drawn } from './photo';
import { draw, JPEG, QUALITY } from './photo-draw';

declare const self: DedicatedWorkerGlobalScope;

self.onmessage = async ({ data }: MessageEvent<{ file: Blob; quarterTurns: number }>): Promise<void> => {
  const answer = await drawn(data.file, data.quarterTurns).catch((error: unknown): Drawn => ({ fault: String(error) }));
  self.postMessage(answer);
};

async function drawn(file: Blob, quarterTurns: number): Promise<Drawn> {
  const canvas = (await draw(file, quarterTurns, (width, height) => new OffscreenCanvas(width, height))) as OffscreenCanvas;
  return { blob: await canvas.convertToBlob({ type: JPEG, quality: QUALITY }) };
}
