//! The caller's notices about the own account: those to show, and the acknowledgement of one, by a
//! call or from the outbox of a phone.

use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, delete};
use gridward_domain::area::AreaCode;
use gridward_domain::authority::{Action, Principal};
use gridward_domain::id::{NoticeId, PersonId};
use serde_json::{Value, json};

use crate::auth::Authenticated;
use crate::auth::access_events::record;
use crate::auth::account_notice::AccountNotice;
use crate::auth::account_notice_store as store;
use crate::db::{Conn, DbError};
use crate::http::openapi;
use crate::http::problem::Problem;
use crate::http::problem::answer::Language;
use crate::idempotency::Effect;
use crate::tx::{Db, Tx};

/// The notices that the person has not acknowledged, newest first.
///
/// # Errors
/// [`DbError`].
pub(super) fn pending(
    conn: &mut Conn,
    district: AreaCode,
    person: PersonId,
    language: Language,
) -> Result<Vec<AccountNotice>, DbError> {
    let rows = store::of_person(conn, district, person)?.into_iter();
    let pending = rows.filter(|row| row.acknowledged_at.is_none());
    Ok(pending.map(|row| AccountNotice::new(row, language)).collect())
}

/// Acknowledges a notice of the caller.
#[derive(Clone, Copy, Debug)]
pub struct Acknowledge {
    /// The notice.
    pub notice: NoticeId,
}

impl Effect for Acknowledge {
    type Made = ();

    fn action(&self) -> &'static str {
        "person.notice_acknowledge"
    }

    fn request(&self) -> Value {
        json!({ "notice_id": self.notice })
    }

    fn authorize(&self, _: &mut Tx<'_>, principal: &Principal) -> Result<(), Problem> {
        principal.may(Action::UseService)?;
        Ok(())
    }
}

impl Acknowledge {
    /// Acknowledges the notice; again it changes nothing.
    ///
    /// # Errors
    /// 404.
    pub fn run(self, tx: &mut Tx<'_>, principal: &Principal) -> Result<(), Problem> {
        let (person, now) = (principal.person, tx.now);
        let own = (principal.district(), person);
        let is_new = store::acknowledge(tx.write_unbatched(), own, self.notice, now)?;
        if is_new.ok_or_else(Problem::not_found)? {
            let about = json!({ "notice": self.notice });
            record(tx, self.action(), person, person, about)?;
        }
        Ok(())
    }
}

/// Acknowledge a notice about the own account
///
/// Removes the notice from `notices` of `GET /v1/me` and from all devices of the caller. The answer
/// is the same for one that was acknowledged before. Allowed roles: all.
#[utoipa::path(
    tag = "auth",
    operation_id = "acknowledge_account_notice",
    params(("id" = NoticeId, Path, description = "The notice")),
    responses((status = NO_CONTENT, description = "Acknowledged"), openapi::GiveUp),
)]
#[delete("/me/notices/{id}")]
pub(crate) async fn acknowledge_account_notice(
    db: Data<Db>,
    Authenticated(principal): Authenticated,
    id: Path<NoticeId>,
) -> Result<HttpResponse, Problem> {
    let acknowledge = Acknowledge { notice: *id };
    db.write(principal.district(), move |tx| acknowledge.run(tx, &principal)).await?;
    Ok(HttpResponse::NoContent().finish())
}
