//! The caller of a stream, who stays admitted only while the token, the session, the role and the area do.

use std::time::Duration;

use actix_web::web::Data;
use gridward_domain::authority::Principal;
use tokio::time::Instant;

use super::Authenticator;
use super::token::Bearer;

/// The interval at which a stream checks that its caller is still admitted: an ended session
/// receives nothing after five seconds.
const CHECK: Duration = Duration::from_secs(4);

/// The caller of a stream.
pub struct StreamCaller {
    authenticator: Data<Authenticator>,
    bearer: Bearer,
    principal: Principal,
    /// When the access token expires.
    ends: Instant,
    /// When the caller is checked again.
    check: Instant,
}

impl StreamCaller {
    /// The caller, who is admitted now.
    pub fn new(authenticator: Data<Authenticator>, bearer: Bearer, principal: Principal) -> Self {
        let left = bearer.expires - (authenticator.clock)().timestamp();
        let now = Instant::now();
        let ends = now + Duration::from_secs(u64::try_from(left).unwrap_or_default());
        Self { authenticator, bearer, principal, ends, check: now + CHECK }
    }

    /// When [`Self::is_admitted`] is due.
    pub fn due(&self) -> Instant {
        self.check.min(self.ends)
    }

    /// Whether the caller is still admitted at `now`, with the same role and area; checked every
    /// [`CHECK`]. If the database is unreachable, the stream ends too: the client reconnects.
    pub async fn is_admitted(&mut self, now: Instant) -> bool {
        if now >= self.ends {
            return false;
        }
        if now < self.check {
            return true;
        }
        self.check = now + CHECK;
        let current = self.authenticator.current_principal(self.bearer).await;
        current.is_ok_and(|principal| principal == self.principal)
    }
}
