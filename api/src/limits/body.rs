//! Deadlines for request bodies, and the memory of those that arrive slowly.
//!
//! A body that arrives within [`GRACE`] needs no permit. A slower one takes a share of the memory
//! for slow bodies, of which one prefix has at most half; so stalled requests neither exhaust the
//! memory nor occupy more than half of the connections.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::error::PayloadError;
use actix_web::http::header::CONTENT_LENGTH;
use actix_web::middleware::Next;
use actix_web::web::{Bytes, Data};
use actix_web::{Error, HttpMessage as _};
use futures_util::{StreamExt as _, stream};
use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

use super::{Limits, Prefix};
use crate::http::body_limits::{BodyRefused, is_upload};
use crate::http::json;

/// The time in which a body needs no permit.
const GRACE: Duration = Duration::from_millis(250);
/// Memory for slow bodies, in KiB.
const MEMORY: u32 = 128 * 1024;
/// The memory of one upload, which is written in parts.
const UPLOAD: u32 = 1024;
/// An upload has this many times the time of another body.
const UPLOAD_FACTOR: u32 = 20;
const PREFIXES: u64 = 100_000;

/// The limits of request bodies.
#[derive(Clone, Debug)]
pub struct BodyLimits {
    /// The time for a whole body; for an upload, the time without progress.
    pub timeout: Duration,
    slow: SlowBodies,
}

impl BodyLimits {
    /// Limits for a server with this many connections.
    pub fn new(timeout: Duration, connections: usize) -> Self {
        Self { timeout, slow: SlowBodies::new(connections) }
    }
}

/// The memory for slow bodies, in KiB.
#[derive(Clone, Debug)]
struct SlowBodies {
    all: Arc<Semaphore>,
    shares: Cache<Prefix, Arc<Semaphore>>,
    /// Every slow body counts as at least this much, so that at most half of the connections
    /// have one.
    least: u32,
}

/// The permit of one slow body.
#[derive(Debug)]
struct SlowBody {
    _memory: OwnedSemaphorePermit,
    _share: OwnedSemaphorePermit,
}

fn semaphore(permits: u32) -> Arc<Semaphore> {
    Arc::new(Semaphore::new(usize::try_from(permits).unwrap_or(Semaphore::MAX_PERMITS)))
}

impl SlowBodies {
    fn new(connections: usize) -> Self {
        let bodies = u32::try_from(connections / 2).unwrap_or(u32::MAX).clamp(1, MEMORY);
        // Longer than any upload, so that a share is not forgotten while it is in use.
        let idle = Duration::from_secs(3600);
        Self {
            all: semaphore(MEMORY),
            shares: Cache::builder()
                .max_capacity(PREFIXES)
                .eviction_policy(EvictionPolicy::lru())
                .time_to_idle(idle)
                .build(),
            least: MEMORY / bodies,
        }
    }

    fn admit(&self, from: Prefix, size: u32) -> Result<SlowBody, BodyRefused> {
        let size = size.max(self.least).min(MEMORY / 2);
        let share = self.shares.get_with(from, || semaphore(MEMORY / 2));
        let permit =
            |of: Arc<Semaphore>| of.try_acquire_many_owned(size).map_err(|_| BodyRefused::TooMany);
        Ok(SlowBody { _share: permit(share)?, _memory: permit(Arc::clone(&self.all))? })
    }
}

/// A body that is being read.
struct TimedBody {
    body: SharedPayload,
    from: Prefix,
    limits: BodyLimits,
    is_upload: bool,
    /// In KiB.
    size: u32,
    began: Instant,
    permit: Option<SlowBody>,
    ended: bool,
}

impl TimedBody {
    /// The next chunk; `None` at the end.
    async fn next(&mut self) -> Option<Result<Bytes, PayloadError>> {
        if self.ended {
            return None;
        }
        let chunk = self.in_time().await;
        self.ended = !matches!(chunk, Ok(Some(Ok(_))));
        match chunk {
            Ok(chunk) => chunk,
            Err(refused) => Some(Err(refused.into())),
        }
    }

    async fn in_time(&mut self) -> Result<Option<Result<Bytes, PayloadError>>, BodyRefused> {
        if self.permit.is_none() {
            if let Ok(chunk) = timeout_at(self.began + GRACE, self.body.next()).await {
                return Ok(chunk);
            }
            self.permit = Some(self.limits.slow.admit(self.from, self.size)?);
        }
        let chunk = timeout_at(self.deadline(), self.body.next()).await;
        chunk.map_err(|_| BodyRefused::TooSlow)
    }

    fn deadline(&self) -> Instant {
        let timeout = self.limits.timeout;
        if self.is_upload {
            (Instant::now() + timeout).min(self.began + timeout * UPLOAD_FACTOR)
        } else {
            self.began + timeout
        }
    }
}

/// A payload with two owners.
#[derive(Clone)]
struct SharedPayload(Rc<RefCell<Payload>>);

impl SharedPayload {
    async fn next(&self) -> Option<Result<Bytes, PayloadError>> {
        std::future::poll_fn(|cx| self.0.borrow_mut().poll_next_unpin(cx)).await
    }
}

/// An answer that owns the payload of its request. The framework reads and discards the rest of an
/// abandoned chunked body for as long as the client sends it; it closes the connection after the
/// answer if the payload still exists.
struct HoldsPayload {
    answer: BoxBody,
    _payload: SharedPayload,
}

impl MessageBody for HoldsPayload {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.answer.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.answer).poll_next(cx)
    }
}

/// The declared size of the body in bytes; `usize::MAX` if it is not declared, as in HTTP/2 and in
/// chunks.
fn declared(request: &ServiceRequest) -> usize {
    let length = request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    length.and_then(|length| length.parse().ok()).unwrap_or(usize::MAX)
}

/// Middleware: reads each body within its limits.
///
/// # Errors
/// The errors of the wrapped service.
pub async fn limited<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let limits = request.app_data::<Data<Limits>>().map(|limits| limits.bodies.clone());
    let payload = request.take_payload();
    let (false, Some(limits)) = (matches!(payload, Payload::None), limits) else {
        request.set_payload(payload);
        return Ok(next.call(request).await?.map_into_boxed_body());
    };
    let size = declared(&request);
    let is_upload = is_upload(&request);
    let kib = u32::try_from(size.min(json::LIMIT) / 1024).unwrap_or(u32::MAX);
    let body = SharedPayload(Rc::new(RefCell::new(payload)));
    let timed = TimedBody {
        body: body.clone(),
        from: Prefix::of(request.request()),
        limits,
        is_upload,
        size: if is_upload { UPLOAD } else { kib },
        began: Instant::now(),
        permit: None,
        ended: false,
    };
    let stream =
        stream::unfold(timed, |mut timed| async move { Some((timed.next().await?, timed)) });
    request.set_payload(Payload::Stream { payload: Box::pin(stream) });
    let answer = next.call(request).await?.map_into_boxed_body();
    Ok(answer.map_body(|_, answer| BoxBody::new(HoldsPayload { answer, _payload: body })))
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    #[test]
    fn one_prefix_occupies_at_most_half_of_the_slow_bodies() {
        let slow = SlowBodies::new(200);
        let prefix = |last: u8| Prefix::from(IpAddr::from([10, 0, last, 1]));
        let attack: Vec<_> = (0..200).map_while(|_| slow.admit(prefix(1), 0).ok()).collect();
        assert_eq!(attack.len(), 50);
        assert!(slow.admit(prefix(2), 256).is_ok(), "another prefix");
        drop(attack);
        assert!(slow.admit(prefix(1), 0).is_ok(), "permits come back");
    }

    #[test]
    fn large_bodies_are_limited_by_their_memory() {
        let slow = SlowBodies::new(20_000);
        let from = Prefix::from(IpAddr::from([10, 0, 0, 1]));
        let bodies: Vec<_> = (0..1_000).map_while(|_| slow.admit(from, 256).ok()).collect();
        assert_eq!(bodies.len(), 256, "64 MiB");
    }
}
