/** Uploads of photos (tus 1.0.0), resumed where they broke off. Loaded with the first photo. */
import { DetailedError, Upload, type HttpResponse, type UrlStorage } from 'tus-js-client';

import type { ProblemBody } from './api';
import type { Bytes } from './bytes';
import { Refusal, Unreachable, type Http } from './http';
import { language } from './i18n/index.svelte';
import type { Session } from './session';
import type { PersonDb } from './store/person';

/** A photo to upload. */
export interface Picture {
  readonly id: string;
  /** The task, or the case and which of its documents it is. */
  readonly owner: { readonly task_id: string } | { readonly case_id: string; readonly document: string };
  readonly bytes: Bytes;
  readonly sha256: string;
}

/**
 * Uploads one picture; resolves when the service has all of it. Rejects with a [`Refusal`] if the service does not
 * take it, which is final only for the announcement (POST), and with [`Unreachable`] if it broke off: then it goes on,
 * or begins anew, the next time.
 */
export async function upload(http: Http, session: Session, db: PersonDb, picture: Picture): Promise<void> {
  const endpoint = `${location.origin}/v1/attachments`;
  const { id, owner, bytes, sha256 } = picture;
  await new Promise<void>((resolve, reject) => {
    const task = new Upload(new Blob([bytes], { type: 'image/jpeg' }), {
      endpoint,
      chunkSize: 256 * 1024,
      retryDelays: [0, 1000],
      metadata: { id, ...owner, type: 'image/jpeg', sha256 },
      urlStorage: urls(db, id),
      storeFingerprintForResuming: true,
      fingerprint: () => Promise.resolve(id),
      onBeforeRequest: async (request) => {
        const token = await session.token();
        const proof = await http.proofOf({ method: request.getMethod(), token }, request.getURL());
        request.setHeader('Authorization', `DPoP ${token}`);
        request.setHeader('DPoP', proof);
        request.setHeader('Accept-Language', language());
      },
      onAfterResponse: (_request, response) => {
        const nonce = response.getHeader('DPoP-Nonce');
        if (nonce) http.takeNonce(nonce);
      },
      onShouldRetry: (error, attempt) => attempt < 2 && error.originalResponse?.getStatus() !== 404,
      onSuccess: () => resolve(),
      onError: (error) => {
        const detailed = error instanceof DetailedError ? error : undefined;
        const response = detailed?.originalResponse;
        // All of it is there already.
        if (response?.getStatus() === 409 && /attachment_complete/.test(response.getBody())) resolve();
        else if (!response) reject(new Unreachable(String(error)));
        else reject(detailed?.originalRequest.getMethod() === 'POST' ? refusal(response) : new Refusal(response.getStatus(), undefined, undefined));
      },
    });
    task.findPreviousUploads().then((previous) => {
      const [last] = previous;
      if (last) task.resumeFromPreviousUpload(last);
      task.start();
    }, reject);
  });
}

function refusal(response: HttpResponse): Refusal {
  let problem: ProblemBody | undefined;
  try {
    problem = JSON.parse(response.getBody()) as ProblemBody;
  } catch {
    // The answer of a proxy in between.
  }
  return new Refusal(response.getStatus(), problem, undefined);
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
