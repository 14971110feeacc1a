/** Pictures: made smaller and without the data that cameras add, before anything stores them. */

/** The longer side of a stored picture, in pixels. */
const LONGEST = 1600;

/** A picture as it is uploaded; drawing it anew drops position and camera (EXIF). */
export async function shrink(file: Blob, quarterTurns = 0): Promise<Blob> {
  const source = await createImageBitmap(file);
  const scale = Math.min(1, LONGEST / Math.max(source.width, source.height));
  const [width, height] = [Math.round(source.width * scale), Math.round(source.height * scale)];
  const turned = quarterTurns % 2 === 1;
  const canvas = document.createElement('canvas');
  canvas.width = turned ? height : width;
  canvas.height = turned ? width : height;
  const context = canvas.getContext('2d');
  if (!context) throw new Error('no canvas');
  context.translate(canvas.width / 2, canvas.height / 2);
  context.rotate((quarterTurns * Math.PI) / 2);
  context.drawImage(source, -width / 2, -height / 2, width, height);
  source.close();
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('no picture'))), 'image/jpeg', 0.75);
  });
}
