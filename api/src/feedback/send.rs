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
use crate::clock::china;
use crate::crypto::KeyRing;
use crate::http::problem::Problem;
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

    /// Stores the feedback of a person, or of a stranger at an address.
    ///
    /// # Errors
    /// 422 if the district is required or unknown; 429 beyond the limits.
    pub async fn send(
        &self,
        principal: Option<Principal>,
        from: Prefix,
        new: NewFeedback,
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
        self.db.write(district, move |tx| insert(tx, &keys, id, person, &new)).await
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
    id: FeedbackId,
    person: Option<PersonId>,
    new: &NewFeedback,
) -> Result<FeedbackReceipt, Problem> {
    let (district, now) = (tx.district, tx.now);
    let key = keys.key(tx.read_unbatched(), district)?;
    let content = Sealed { text: new.text.clone(), contact: new.contact.clone(), answer: None };
    let row = FeedbackRow {
        district,
        id,
        person,
        created_at: now.naive_utc(),
        answered_by: None,
        answered_at: None,
        sealed: store::sealed(&key, district, id, &content)?,
        version: 1,
    };
    store::insert(tx.write_unbatched(), &row)?;
    let event = Event::new("district.feedback", Subject::District, district, district, 1);
    tx.record(event.by(person).with(json!({ "feedback": id })));
    let created_at = now.with_timezone(&china());
    Ok(FeedbackReceipt { id, created_at, is_answerable: person.is_some() })
}
