/** Uploads of photos (tus 1.0.0), resumed where they broke off. Loaded with the first photo. */
import { DetailedError, Upload, type UrlStorage } from 'tus-js-client';

import type { Bytes } from './bytes';
import { Unreachable, type Http } from './http';
import type { Session } from './session';
import type { PersonDb } from './store/person';

/** A photo to upload. */
export interface Picture {
  readonly id: string;
  readonly task_id: string;
  readonly bytes: Bytes;
  readonly sha256: string;
}

/** Uploads one picture; resolves when the service has all of it. */
export async function upload(http: Http, session: Session, db: PersonDb, picture: Picture): Promise<void> {
  const endpoint = `${location.origin}/v1/attachments`;
  const { id, task_id, bytes, sha256 } = picture;
  await new Promise<void>((resolve, reject) => {
    const task = new Upload(new Blob([bytes], { type: 'image/jpeg' }), {
      endpoint,
      chunkSize: 256 * 1024,
      retryDelays: [0, 1000],
      metadata: { id, task_id, type: 'image/jpeg', sha256 },
      urlStorage: urls(db, id),
      storeFingerprintForResuming: true,
      fingerprint: () => Promise.resolve(id),
      onBeforeRequest: async (request) => {
        const token = await session.token();
        const proof = await http.proofOf({ method: request.getMethod(), token }, request.getURL());
        request.setHeader('Authorization', `DPoP ${token}`);
        request.setHeader('DPoP', proof);
      },
      onAfterResponse: (_request, response) => {
        const nonce = response.getHeader('DPoP-Nonce');
        if (nonce) http.takeNonce(nonce);
      },
      onShouldRetry: (error, attempt) => attempt < 2 && error.originalResponse?.getStatus() !== 404,
      onSuccess: () => resolve(),
      onError: (error) => {
        const response = error instanceof DetailedError ? error.originalResponse : undefined;
        // All of it is there already.
        if (response?.getStatus() === 409 && /attachment_complete/.test(response.getBody())) resolve();
        else reject(response ? error : new Unreachable(String(error)));
      },
    });
    task.findPreviousUploads().then((previous) => {
      const [last] = previous;
      if (last) task.resumeFromPreviousUpload(last);
      task.start();
    }, reject);
  });
}

/** Where an upload goes on: in the person's database, since the library's own store is not erased. */
function urls(db: PersonDb, id: string): UrlStorage {
  type Previous = Awaited<ReturnType<UrlStorage['findAllUploads']>>[number];
  const stored = async (): Promise<Previous[]> => {
    const found = await db.get('uploads', id);
    return found
      ? [{ size: null, metadata: {}, creationTime: '', uploadUrl: found.url, parallelUploadUrls: null, urlStorageKey: id }]
      : [];
  };
  return {
    findAllUploads: stored,
    findUploadsByFingerprint: stored,
    removeUpload: async () => db.delete('uploads', id),
    addUpload: async (_fingerprint, { uploadUrl }) => {
      if (uploadUrl) await db.put('uploads', { id, url: uploadUrl }, id);
      return id;
    },
  };
}
