//! Deadlines for request bodies, the memory of those that arrive slowly, and the number of requests
//! of a connection.
//!
//! A body that arrives within [`GRACE`] needs no permit. A slower one takes a share of the memory for
//! slow bodies ([`SlowBodies`]); so stalled requests neither exhaust the memory nor occupy more than
//! half of the connections.

use std::cell::RefCell;
use std::fmt;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::error::PayloadError;
use actix_web::http::header::{AUTHORIZATION, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web::{Bytes, Data};
use actix_web::{Error, HttpMessage as _};
use futures_util::{StreamExt as _, stream};
use tokio::time::{Instant, timeout_at};

use super::peer::PeerConnection;
use super::slow_bodies::{Owner, Person, SlowBodies, SlowBody};
use super::{Limits, Prefix};
use crate::http::body_limits::{BodyRefused, is_upload};

/// The time in which a body needs no permit.
const GRACE: Duration = Duration::from_millis(250);
/// The memory of one upload, which is written in parts, in KiB.
const UPLOAD: u32 = 512;
/// An upload has this many times the time of another body.
const UPLOAD_FACTOR: u32 = 20;

/// The limits of request bodies.
#[derive(Clone)]
pub struct BodyLimits {
    /// The time for a whole body; for an upload, the time without progress.
    pub timeout: Duration,
    /// The person whose valid access token is in a header `Authorization`. It decides only which
    /// memory a slow body takes, not what its request may do.
    pub person_of: PersonOf,
    slow: SlowBodies,
}

/// Reads a header `Authorization`.
pub type PersonOf = Arc<dyn Fn(&HeaderValue) -> Option<Person> + Send + Sync>;

impl fmt::Debug for BodyLimits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BodyLimits").field("timeout", &self.timeout).finish_non_exhaustive()
    }
}

impl BodyLimits {
    /// Limits for a server with this many connections.
    pub fn new(timeout: Duration, connections: usize, person_of: PersonOf) -> Self {
        Self { timeout, person_of, slow: SlowBodies::new(connections) }
    }
}

/// A body that is being read.
struct TimedBody {
    body: SharedPayload,
    from: Prefix,
    authorization: Option<HeaderValue>,
    limits: BodyLimits,
    is_upload: bool,
    /// The bytes that have arrived.
    received: usize,
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
        let chunk = self.in_time().await.and_then(|chunk| self.accounted(chunk));
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
            self.permit = Some(self.limits.slow.admit(self.owner(), self.kib())?);
        }
        let chunk = timeout_at(self.deadline(), self.body.next()).await;
        chunk.map_err(|_| BodyRefused::TooSlow)
    }

    /// The chunk, if there is memory for it.
    fn accounted(
        &mut self,
        chunk: Option<Result<Bytes, PayloadError>>,
    ) -> Result<Option<Result<Bytes, PayloadError>>, BodyRefused> {
        if let Some(Ok(bytes)) = &chunk {
            self.received += bytes.len();
            let kib = self.kib();
            self.permit.as_mut().map_or(Ok(()), |permit| permit.grow(kib))?;
        }
        Ok(chunk)
    }

    fn owner(&self) -> Owner {
        let person = self.authorization.as_ref().and_then(|header| (self.limits.person_of)(header));
        person.map_or(Owner::Address(self.from.site()), Owner::Person)
    }

    /// The memory that it takes: the handler of an upload keeps a part only.
    fn kib(&self) -> u32 {
        let most = if self.is_upload { UPLOAD } else { u32::MAX };
        u32::try_from(self.received / 1024).unwrap_or(u32::MAX).min(most)
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

/// Middleware: reads each body within its limits.
///
/// # Errors
/// The errors of the wrapped service.
pub async fn limited<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    // Held until the answer begins: HTTP/2 sends many requests on one connection.
    let permit = request.conn_data::<PeerConnection>().map(PeerConnection::request).transpose();
    let _permit = match permit {
        Ok(permit) => permit,
        Err(problem) => return Ok(request.error_response(problem)),
    };
    let limits = request.app_data::<Data<Limits>>().map(|limits| limits.bodies.clone());
    let payload = request.take_payload();
    let (false, Some(limits)) = (matches!(payload, Payload::None), limits) else {
        request.set_payload(payload);
        return Ok(next.call(request).await?.map_into_boxed_body());
    };
    let is_upload = is_upload(&request);
    let body = SharedPayload(Rc::new(RefCell::new(payload)));
    let timed = TimedBody {
        body: body.clone(),
        from: Prefix::of(request.request()),
        authorization: request.headers().get(AUTHORIZATION).cloned(),
        limits,
        is_upload,
        received: 0,
        began: Instant::now(),
        permit: None,
        ended: false,
    };
    let stream =
        stream::unfold(timed, |mut timed| async move { Some((timed.next().await?, timed)) });
    // Readers of forms ask for more after the end.
    request.set_payload(Payload::Stream { payload: Box::pin(stream.fuse()) });
    let answer = next.call(request).await?.map_into_boxed_body();
    Ok(answer.map_body(|_, answer| BoxBody::new(HoldsPayload { answer, _payload: body })))
}
