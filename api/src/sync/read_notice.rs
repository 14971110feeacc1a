//! The command `notice.read` of an outbox: acknowledges a notice about the own account, or marks a
//! notice of the district as read.

use gridward_domain::authority::Principal;
use gridward_domain::id::NoticeId;
use serde_json::Value;

use crate::http::problem::{Problem, ProblemCode};
use crate::idempotency::Effect;
use crate::notice;
use crate::person::account_notices::Acknowledge;
use crate::tx::Tx;

/// Reads a notice, of either sort: both have ids of the same form.
pub(super) struct ReadNotice(pub(super) NoticeId);

impl ReadNotice {
    const fn acknowledge(&self) -> Acknowledge {
        Acknowledge { notice: self.0 }
    }

    /// Reads the notice; again it changes nothing.
    ///
    /// # Errors
    /// 404.
    pub(super) fn run(&self, tx: &mut Tx<'_>, principal: &Principal) -> Result<(), Problem> {
        match self.acknowledge().run(tx, principal) {
            Err(problem) if problem.kind() == Some(ProblemCode::NotFound) => {
                notice::read::read(tx, principal, self.0)
            }
            acknowledged => acknowledged,
        }
    }
}

// The command of the acknowledgement: a phone may repeat a call by its outbox.
impl Effect for ReadNotice {
    type Made = ();

    fn action(&self) -> &'static str {
        self.acknowledge().action()
    }

    fn request(&self) -> Value {
        self.acknowledge().request()
    }

    fn authorize(&self, tx: &mut Tx<'_>, principal: &Principal) -> Result<(), Problem> {
        self.acknowledge().authorize(tx, principal)
    }
}
