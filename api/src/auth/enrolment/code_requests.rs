//! Codes by message: the limits of requests by number, and the daily budget of the district.
//!
//! A request is counted before anything is known about the number, and the message is sent after
//! the answer: it is equal for known and unknown numbers.

use chrono::{DateTime, NaiveTime, TimeDelta, TimeZone as _, Utc};
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::id::PersonId;
use gridward_domain::phone::Phone;
use secrecy::SecretString;

use super::attempts;
use super::code::Code;
use super::enrol::Enrolments;
use super::invitations::{self, Purpose};
use super::sms::{Message, Sender};
use crate::auth::sign_in::choose;
use crate::auth::store;
use crate::clock::{self, china};
use crate::db::column::Hash;
use crate::db::schema::code_requests;
use crate::db::{Conn, DbError};
use crate::http::problem::{Problem, ProblemCode};
use crate::tx::Tx;

/// How long a code by message is valid.
const LIFETIME: TimeDelta = TimeDelta::minutes(10);
/// The requests for a phone number within a time.
const LIMITS: [(TimeDelta, usize); 3] =
    [(TimeDelta::minutes(1), 1), (TimeDelta::hours(1), 5), (TimeDelta::days(1), 10)];

/// Sends codes by message.
#[derive(Clone, Debug)]
pub struct CodeMessages {
    /// The sender; `None` if the installation sends no messages.
    pub sender: Option<Sender>,
    /// The messages of a district in a day.
    pub per_day: u32,
}

/// The outcome of a request.
enum Requested {
    /// Counted; the code to send, if the number is that of a person who may recover.
    Counted(Option<Code>),
    /// Refused; seconds until the next request.
    Waits(u64),
}

impl CodeMessages {
    /// Sends a code to `phone`, if it is the number of a person who may recover access with one.
    ///
    /// # Errors
    /// 404 `codes_unavailable` if the installation sends no messages; 422 if the district is required; 429 beyond the
    /// limits of the number or the budget of the district.
    pub async fn request(
        &self,
        enrolments: &Enrolments,
        district: Option<AreaCode>,
        phone: Phone,
    ) -> Result<(), Problem> {
        let sender = self.sender.clone().ok_or(ProblemCode::CodesUnavailable)?;
        let (keys, only) = (enrolments.keys.clone(), enrolments.only_district.clone());
        let found = enrolments.db.read(move |conn| {
            let district = choose(conn, district, &only)?;
            Ok::<_, Problem>(keys.find(conn, district)?.map(|key| (district, key)))
        });
        // An unknown district has no people; the answer is the same.
        let Some((district, key)) = found.await? else { return Ok(()) };
        let (index, per_day) = (key.index(phone.as_str()), self.per_day);
        let requested = enrolments.db.write(district, move |tx| {
            let now = tx.now;
            if let Some(seconds) = wait(tx.read_unbatched(), district, index, per_day, now)? {
                return Ok(Requested::Waits(seconds));
            }
            let person = recoverable(tx, index)?;
            let code = match person {
                Some(person) => {
                    let code = Code::message().map_err(Problem::defect)?;
                    let whose = (district, person);
                    let issued = (Purpose::Recovery, &code);
                    invitations::issue(tx.write_unbatched(), &key, whose, issued, LIFETIME, now)?;
                    Some(code)
                }
                None => None,
            };
            // For unknown numbers too: the answers to their codes are the same.
            attempts::forget_messages(tx.write_unbatched(), &key, district, index)?;
            count(tx.write_unbatched(), district, index, code.is_some(), now)?;
            Ok::<_, Problem>(Requested::Counted(code))
        });
        match requested.await? {
            Requested::Waits(seconds) => Err(Problem::too_many_requests(seconds)),
            Requested::Counted(None) => Ok(()),
            Requested::Counted(Some(code)) => {
                let code: SecretString = code.as_str().to_owned().into();
                let expires_in = LIFETIME.num_seconds();
                tokio::spawn(async move {
                    if let Err(error) = sender.send(Message { phone, code, expires_in }).await {
                        tracing::error!(%error, "a one-time code was not sent");
                    }
                });
                Ok(())
            }
        }
    }
}

/// The person with this phone index, if a message suffices to recover access: managers and
/// volunteers. A number that another person took over must not open a whole area.
fn recoverable(tx: &mut Tx<'_>, phone: Hash) -> Result<Option<PersonId>, DbError> {
    let district = tx.district;
    let Some(account) = store::by_phone(tx.read_unbatched(), district, phone)? else {
        return Ok(None);
    };
    let person = account.person;
    let status = store::account_status(tx.read_unbatched(), district, person, None)?;
    Ok(status.filter(|status| status.principal.role.visits()).map(|_| person))
}

/// Seconds until the phone number may be asked for again: its own limits, then the district's
/// budget.
fn wait(
    conn: &mut Conn,
    district: AreaCode,
    phone: Hash,
    per_day: u32,
    now: DateTime<Utc>,
) -> Result<Option<u64>, DbError> {
    let of_phone = code_requests::table
        .filter(code_requests::district.eq(district))
        .filter(code_requests::phone_index.eq(phone))
        .order(code_requests::at.desc())
        .select(code_requests::at);
    let earlier: Vec<chrono::NaiveDateTime> = of_phone.load(conn)?;
    let waits = LIMITS.iter().filter_map(|(within, most)| {
        // The request that must be older than the window before another is allowed.
        let at = earlier.get(most - 1)?;
        let left = *at + *within - now.naive_utc();
        u64::try_from(left.num_seconds()).ok().filter(|_| left > TimeDelta::zero())
    });
    if let Some(seconds) = waits.max() {
        return Ok(Some(seconds.max(1)));
    }
    let midnight = clock::day(now).and_time(NaiveTime::MIN);
    let today = china().from_local_datetime(&midnight).single().map_or(now, |at| at.to_utc());
    let sent: i64 = code_requests::table
        .filter(code_requests::district.eq(district))
        .filter(code_requests::at.ge(today.naive_utc()))
        .filter(code_requests::sent.eq(true))
        .count()
        .get_result(conn)?;
    if sent < i64::from(per_day) {
        return Ok(None);
    }
    let left = (today + TimeDelta::days(1) - now).num_seconds();
    Ok(Some(u64::try_from(left).unwrap_or_default().max(1)))
}

/// Counts a request, and forgets those of more than a day ago.
fn count(
    conn: &mut Conn,
    district: AreaCode,
    phone: Hash,
    sent: bool,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let old = code_requests::table
        .filter(code_requests::district.eq(district))
        .filter(code_requests::at.lt((now - TimeDelta::days(1)).naive_utc()));
    diesel::delete(old).execute(conn)?;
    diesel::insert_into(code_requests::table)
        .values((
            code_requests::district.eq(district),
            code_requests::phone_index.eq(phone),
            code_requests::at.eq(now.naive_utc()),
            code_requests::sent.eq(sent),
        ))
        .execute(conn)?;
    Ok(())
}
