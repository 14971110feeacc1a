/** Pictures: made smaller and without the data that cameras add, before anything stores them. */
import { draw, JPEG, QUALITY, type Canvas } from './photo-draw';

/** What the worker answers. */
export type Drawn = { readonly blob: Blob } | { readonly fault: string };

/** A picture as it is uploaded, made in a worker where the browser can, so that the screen stays alive. */
export async function shrink(file: Blob, quarterTurns = 0): Promise<Blob> {
  const answer = typeof OffscreenCanvas === 'undefined' ? undefined : await inWorker(file, quarterTurns);
  if (!answer) return inPage(file, quarterTurns);
  if ('blob' in answer) return answer.blob;
  throw new Error(answer.fault);
}

/** `undefined` if the worker does not run in this browser. */
function inWorker(file: Blob, quarterTurns: number): Promise<Drawn | undefined> {
  return new Promise((resolve) => {
    const worker = new Worker(new URL('./photo-worker.ts', import.meta.url), { type: 'module' });
    const done = (answer: Drawn | undefined): void => {
      worker.terminate();
      resolve(answer);
    };
    worker.onmessage = ({ data }): void => done(data as Drawn);
    worker.onerror = (): void => done(undefined);
    worker.postMessage({ file, quarterTurns });
  });
}

async function inPage(file: Blob, quarterTurns: number): Promise<Blob> {
  const made = (width: number, height: number): Canvas => Object.assign(document.createElement('canvas'), { width, height });
  const canvas = (await draw(file, quarterTurns, made)) as HTMLCanvasElement;
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('no picture'))), JPEG, QUALITY);
  });
}
