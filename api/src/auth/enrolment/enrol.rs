//! The use case of enrolling: check the code, store the password, bind the device.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use gridward_domain::area::AreaCode;
use gridward_domain::id::PersonId;
use gridward_domain::phone::Phone;
use serde_json::json;
use uuid::Uuid;

use super::attempts::{self, Attempt};
use super::code::Code;
use super::invitations::{self, InvitationRow};
use crate::auth::access_events::record;
use crate::auth::credential::{self, Validity};
use crate::auth::device::Device;
use crate::auth::second_factor::device_keys;
use crate::auth::sign_in::{OnlyDistrict, choose};
use crate::auth::store::{self, Account};
use crate::crypto::KeyRing;
use crate::db::DbError;
use crate::db::column::Hash;
use crate::http::problem::{Problem, ProblemCode, RateLimit};
use crate::limits::Prefix;
use crate::tx::{Db, Tx};

/// Enrols people and their devices.
#[derive(Clone)]
pub struct Enrolments {
    /// Stores codes and devices.
    pub db: Db,
    /// The districts' keys, under which codes are stored.
    pub keys: KeyRing,
    /// The default district of an installation that has only one.
    pub only_district: OnlyDistrict,
    /// How long an invitation is valid.
    pub lifetime: TimeDelta,
}

/// The result of a code.
enum Checked {
    /// Correct, at this time.
    Right(InvitationRow, DateTime<Utc>),
    Wrong,
    /// Not examined; seconds until the next one is.
    Waits(u64),
}

/// A person with a correct code, which is not used up yet.
#[derive(Clone, Debug)]
pub struct Invited(InvitationRow);

impl Invited {
    /// The district and the person.
    pub const fn person(&self) -> (AreaCode, PersonId) {
        (self.0.district, self.0.person)
    }
}

impl Enrolments {
    /// The person who is invited with `phone` and `code`.
    ///
    /// # Errors
    /// 401 `wrong_code` without saying which of the two is wrong; 410 for a used or expired code;
    /// 422 if the district is required; 429 after five wrong codes from the prefix of the address,
    /// and after five of six digits from any.
    pub async fn check(
        &self,
        district: Option<AreaCode>,
        phone: Phone,
        code: Code,
        from: Prefix,
    ) -> Result<Invited, Problem> {
        let (keys, only) = (self.keys.clone(), self.only_district.clone());
        let found = self.db.read(move |conn| {
            let district = choose(conn, district, &only)?;
            let key = keys.find(conn, district)?.ok_or(ProblemCode::WrongCode)?;
            Ok::<_, Problem>((district, key))
        });
        let (district, key) = found.await?;
        let index = key.index(phone.as_str());
        let attempt = Attempt::new(&key, (district, index), from, code.is_message());
        // A wrong code is counted, so it must not roll back the change.
        let checked = self.db.write(district, move |tx| {
            let now = tx.now;
            if let Some(seconds) = attempt.begin(tx.write_unbatched(), now)? {
                return Ok(Checked::Waits(seconds));
            }
            // An unknown number takes the same way as a known one.
            let person = store::by_phone(tx.read_unbatched(), district, index)?;
            let person = person.map_or(PersonId(Uuid::nil()), |account| account.person);
            let rows = invitations::of_person(tx.read_unbatched(), district, person)?;
            let right =
                rows.into_iter().find(|row| code.is(&row.code_hash, &key, (district, person)));
            if let Some(row) = right {
                attempt.take_back(tx.write_unbatched())?;
                return Ok(Checked::Right(row, now));
            }
            Ok::<_, DbError>(Checked::Wrong)
        });
        match checked.await? {
            Checked::Right(row, now) => check_validity(&row, now).map(|()| Invited(row)),
            Checked::Wrong => Err(ProblemCode::WrongCode.into()),
            Checked::Waits(seconds) => Err(too_many_codes(seconds)),
        }
    }

    /// Uses up the code, stores the hash of the new password, ends all sessions of before, and
    /// enrols the device that proves `key`; returns the account, which may sign in.
    ///
    /// # Errors
    /// 410 `invitation_used` or `invitation_expired`; 401 if the person was suspended meanwhile.
    pub async fn complete(
        &self,
        invited: Invited,
        password_hash: String,
        device: Device,
        key: Option<Hash>,
    ) -> Result<Account, Problem> {
        let (district, person) = invited.person();
        let keys = self.keys.clone();
        let complete = move |tx: &mut Tx<'_>| {
            let (row, now) = (&invited.0, tx.now);
            check_validity(row, now)?;
            store::lock_person(tx.write()?, district, person)?;
            if !invitations::use_up(tx.write_unbatched(), row, now)? {
                return Err(ProblemCode::InvitationUsed.into());
            }
            let sealing = keys.key(tx.read_unbatched(), district)?;
            let validity = Validity::Permanent { kept: None };
            credential::set(
                tx.write()?,
                &sealing,
                (district, person),
                &password_hash,
                validity,
                now,
            )?;
            if let Some(key) = key {
                device_keys::enrol(tx.write_unbatched(), district, person, key, &device.name, now)?;
            }
            device_keys::end_grace(tx.write_unbatched(), district, person)?;
            let details = json!({ "by": row.purpose, "device": device.kind, "key": key.is_some() });
            record(tx, "person.enrol", person, person, details)?;
            let account = store::account(tx.read_unbatched(), district, person)?;
            let (account, _) = account.ok_or(ProblemCode::WrongCode)?;
            Ok::<_, Problem>(account)
        };
        self.db.write(district, complete).await
    }
}

/// The refusal of a code that is not examined for `seconds`.
fn too_many_codes(seconds: u64) -> Problem {
    Problem::rate_limited(RateLimit {
        policy: "codes",
        quota: attempts::TRIES.unsigned_abs(),
        window: attempts::WINDOW.to_std().unwrap_or_default(),
        wait: Duration::from_secs(seconds),
    })
}

/// Checks that a code was not used and has not expired.
fn check_validity(row: &InvitationRow, now: DateTime<Utc>) -> Result<(), Problem> {
    if row.used_at.is_some() {
        return Err(ProblemCode::InvitationUsed.into());
    }
    if row.expires_at.and_utc() <= now {
        return Err(ProblemCode::InvitationExpired.into());
    }
    Ok(())
}
