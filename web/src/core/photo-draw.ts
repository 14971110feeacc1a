/** Draws a picture anew, in the page or in a worker; this drops position and camera (EXIF). */

/** The longer side of a stored picture, in pixels. */
const LONGEST = 1600;
export const JPEG = 'image/jpeg';
export const QUALITY = 0.75;

/** A canvas of the page or of a worker. */
export type Canvas = HTMLCanvasElement | OffscreenCanvas;

export async function draw(file: Blob, quarterTurns: number, make: (width: number, height: number) => Canvas): Promise<Canvas> {
  const source = await createImageBitmap(file);
  const scale = Math.min(1, LONGEST / Math.max(source.width, source.height));
  const [width, height] = [Math.round(source.width * scale), Math.round(source.height * scale)];
  const turned = quarterTurns % 2 === 1;
  const canvas = make(turned ? height : width, turned ? width : height);
  // Both kinds have the same methods here; their overloads have no common type.
  const context = (canvas as OffscreenCanvas).getContext('2d');
  if (!context) throw new Error('no canvas');
  context.translate(canvas.width / 2, canvas.height / 2);
  context.rotate((quarterTurns * Math.PI) / 2);
  context.drawImage(source, -width / 2, -height / 2, width, height);
  source.close();
  return canvas;
}
