//! Sends feedback, within limits.

use std::num::NonZeroU32;
use std::time::Duration;

use gridward_domain::area::AreaCode;
use gridward_domain::authority::Principal;
use gridward_domain::id::{FeedbackId, PersonId};
use serde_json::json;
use uuid::Uuid;

use super::model::{FeedbackReceipt, NewFeedback, Sealed};
use super::store::{self, FeedbackRow};
use crate::auth::sign_in::{OnlyDistrict, choose};
use crate::crypto::KeyRing;
use crate::http::problem::{Problem, ProblemCode};
use crate::idempotency::CommandId;
use crate::limits::{Buckets, Policy, Prefix};
use crate::log::{Event, Subject};
use crate::tx::{Db, Tx};

/// Feedback of one sender: ten at once, and ten in a day.
const QUOTA: NonZeroU32 = NonZeroU32::MIN.saturating_add(9);
/// Feedback without an access token in a district.
const DISTRICT_QUOTA: NonZeroU32 = NonZeroU32::MIN.saturating_add(499);
const DAY: Duration = Duration::from_secs(86_400);

/// The sender of feedback, for limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Sender {
    Person(AreaCode, PersonId),
    Address(Prefix),
}

/// Accepts feedback.
pub struct Mailbox {
    db: Db,
    keys: KeyRing,
    only_district: OnlyDistrict,
    senders: Buckets<Sender>,
    districts: Buckets<AreaCode>,
}

impl Mailbox {
    /// An empty mailbox.
    pub fn new(db: Db, keys: KeyRing, only_district: OnlyDistrict) -> Self {
        let policy = |name, quota| Policy { name, quota, window: DAY };
        Self {
            db,
            keys,
            only_district,
            senders: Buckets::new(policy("feedback", QUOTA)),
            districts: Buckets::new(policy("feedback-district", DISTRICT_QUOTA)),
        }
    }

    /// Stores the feedback of a person, or of a stranger at an address; a repetition with the same key
    /// once.
    ///
    /// # Errors
    /// 422 if the district is required or unknown, or other feedback has the key; 429 beyond the
    /// limits.
    pub async fn send(
        &self,
        principal: Option<Principal>,
        from: Prefix,
        (new, key): (NewFeedback, Option<CommandId>),
    ) -> Result<FeedbackReceipt, Problem> {
        let (district, sender) = match principal {
            Some(who) => (who.district(), Sender::Person(who.district(), who.person)),
            None => (self.district(new.district).await?, Sender::Address(from)),
        };
        self.senders.take(sender)?;
        if principal.is_none() {
            self.districts.take(district)?;
        }
        let person = principal.map(|who| who.person).filter(|_| !new.anonymous);
        let keys = self.keys.clone();
        let id = FeedbackId(Uuid::now_v7());
        self.db.write(district, move |tx| insert(tx, &keys, (id, person), &new, key.as_ref())).await
    }

    /// The district that a stranger names, if it exists.
    async fn district(&self, named: Option<AreaCode>) -> Result<AreaCode, Problem> {
        let (keys, only) = (self.keys.clone(), self.only_district.clone());
        let found = self.db.read(move |conn| {
            let district = choose(conn, named, &only)?;
            Ok::<_, Problem>(keys.find(conn, district)?.map(|_| district))
        });
        let unknown = || Problem::invalid("/district", "must be one of the districts");
        found.await?.ok_or_else(unknown)
    }
}

fn insert(
    tx: &mut Tx<'_>,
    keys: &KeyRing,
    (id, person): (FeedbackId, Option<PersonId>),
    new: &NewFeedback,
    repeatable: Option<&CommandId>,
) -> Result<FeedbackReceipt, Problem> {
    let (district, now) = (tx.district, tx.now);
    let key = keys.key(tx.read_unbatched(), district)?;
    let content = Sealed { text: new.text.clone(), contact: new.contact.clone(), answer: None };
    if let Some(row) = store::with_key(tx.read_unbatched(), district, repeatable)? {
        // Not a repetition that the command store could answer: its sender may be a stranger.
        let stored = Sealed { answer: None, ..row.opened(&key)? };
        let is_repeated = row.person == person && stored == content;
        return if is_repeated {
            Ok(row.receipt())
        } else {
            Err(ProblemCode::CommandIdReused.into())
        };
    }
    let row = FeedbackRow {
        district,
        id,
        person,
        created_at: now.naive_utc(),
        answered_by: None,
        answered_at: None,
        sealed: store::sealed(&key, district, id, &content)?,
        version: 1,
        key: repeatable.map(|key| key.as_str().to_owned()),
    };
    store::insert(tx.write_unbatched(), &row)?;
    let event = Event::new("district.feedback", Subject::District, district, district, 1);
    tx.record(event.by(person).with(json!({ "feedback": id })));
    Ok(row.receipt())
}
