//! The second factors of people: what a sign-in needs, and how factors are set up and ended.

use std::collections::BTreeSet;

use gridward_domain::area::AreaCode;
use gridward_domain::authority::Principal;
use gridward_domain::id::PersonId;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::admission::{Admission, Factors, decide};
use super::policy::SecondFactorPolicy;
use super::totp_store::{self, CodeCheck, Which};
use super::{device_keys, totp};
use crate::auth::access_events::record;
use crate::auth::device::{AuthMethod, Device, EndReason};
use crate::auth::store::{self, Account};
use crate::clock::Clock;
use crate::crypto::KeyRing;
use crate::db::column::Hash;
use crate::db::{Conn, DbError};
use crate::http::problem::{Problem, ProblemCode};
use crate::tx::{Db, Tx};

/// The further proofs of a sign-in with a correct password.
pub struct Proofs {
    /// The device, if it names one.
    pub device: Option<Device>,
    /// The key that it proves.
    pub key: Option<Hash>,
    /// The code of the authenticator app.
    pub totp: Option<SecretString>,
}

/// Checks and changes the second factors of people.
#[derive(Clone)]
pub struct SecondFactors {
    /// Stores the factors.
    pub db: Db,
    /// The districts' keys, which encrypt secrets.
    pub keys: KeyRing,
    /// The clock.
    pub clock: Clock,
    /// The requirements of the installation.
    pub policy: SecondFactorPolicy,
}

impl SecondFactors {
    /// The methods by which the person of `account` is authenticated, whose password is correct.
    ///
    /// # Errors
    /// 403 `enrolment_required` or `second_factor_required`; 401 `wrong_code`; 429 after too many
    /// wrong codes.
    pub async fn admit(
        &self,
        account: Account,
        proofs: Proofs,
    ) -> Result<BTreeSet<AuthMethod>, Problem> {
        let Account { district, person, .. } = account;
        let Proofs { device, key, totp } = proofs;
        let (kind, in_grace) =
            (device.as_ref().map(|it| it.kind), self.policy.is_in_grace((self.clock)()));
        let read = move |conn: &mut Conn| {
            let (has_device, proof) = device_keys::find(conn, district, person, key)?;
            Ok::<_, DbError>(Factors {
                has_totp: totp_store::is_confirmed(conn, district, person)?,
                has_device,
                proof,
                kind,
                may_enrol: in_grace && device_keys::is_of_before(conn, district, person)?,
            })
        };
        let factors = self.db.read(read).await?;
        match decide(&self.policy, &factors) {
            Admission::Admitted(methods) => Ok(methods.iter().copied().collect()),
            Admission::Refused(code) => Err(code.into()),
            Admission::NeedsTotp => {
                let code = totp.ok_or(ProblemCode::SecondFactorRequired)?;
                self.check_totp(district, person, Which::Confirmed, code).await?;
                Ok([AuthMethod::Pwd, AuthMethod::Otp].into())
            }
            Admission::Enrols => {
                let (Some(key), Some(device)) = (key, device) else {
                    return Err(ProblemCode::EnrolmentRequired.into());
                };
                let enrol = move |tx: &mut Tx<'_>| enrol_device(tx, &account, key, &device);
                self.db.write(district, enrol).await?;
                Ok([AuthMethod::Pwd, AuthMethod::Swk].into())
            }
        }
    }

    /// Checks a code of the person's authenticator app.
    ///
    /// # Errors
    /// 401 `wrong_code`; 429 after too many wrong codes; 403 `second_factor_required` if there is
    /// no app.
    pub async fn check_totp(
        &self,
        district: AreaCode,
        person: PersonId,
        which: Which,
        code: SecretString,
    ) -> Result<(), Problem> {
        let keys = self.keys.clone();
        // A wrong code is counted, so it must not roll back the change.
        let check = self.db.write(district, move |tx| {
            let (now, key) = (tx.now, keys.key(tx.read_unbatched(), district)?);
            let (whose, code) = ((district, person), code.expose_secret());
            let check = totp_store::examine(tx.write_unbatched(), &key, whose, which, code, now)?;
            if check == CodeCheck::Accepted && which == Which::Pending {
                device_keys::end_grace(tx.write_unbatched(), district, person)?;
                record(tx, "person.totp", person, person, json!({}))?;
            }
            Ok::<_, DbError>(check)
        });
        match check.await? {
            CodeCheck::Accepted => Ok(()),
            CodeCheck::Rejected => Err(ProblemCode::WrongCode.into()),
            CodeCheck::Throttled(seconds) => Err(Problem::too_many_requests(seconds)),
            CodeCheck::NotSetUp => Err(ProblemCode::SecondFactorRequired.into()),
        }
    }

    /// A new secret for the person's authenticator app, as the URI of its QR code, which shows
    /// `account`. It replaces the present one when a code confirms it.
    ///
    /// # Errors
    /// 403 `second_factor_required` for a session without a second factor, if the person has an
    /// app.
    pub async fn set_up_totp(
        &self,
        principal: &Principal,
        account: String,
        is_restricted: bool,
    ) -> Result<String, Problem> {
        let (district, person) = (principal.district(), principal.person);
        let keys = self.keys.clone();
        let set_up = self.db.write(district, move |tx| {
            let has_app = totp_store::is_confirmed(tx.read_unbatched(), district, person)?;
            if is_restricted && has_app {
                return Err(ProblemCode::SecondFactorRequired.into());
            }
            let key = keys.key(tx.read_unbatched(), district)?;
            let secret = totp::new_secret().map_err(Problem::defect)?;
            totp_store::set_pending(tx.write_unbatched(), &key, district, person, &secret)?;
            totp::uri(&secret, &account).map_err(Problem::defect)
        });
        set_up.await
    }

    /// Ends the use of the person's own authenticator app.
    ///
    /// # Errors
    /// [`Problem`] of the database.
    pub async fn delete_totp(&self, principal: &Principal) -> Result<(), Problem> {
        let (district, person) = (principal.district(), principal.person);
        let delete = move |tx: &mut Tx<'_>| {
            if totp_store::delete(tx.write_unbatched(), district, person)? {
                record(tx, "person.totp_delete", person, person, json!({}))?;
            }
            Ok::<_, Problem>(())
        };
        self.db.write(district, delete).await
    }
}

/// Enrols the device that proves `key`, at a sign-in of a person of before enrolment existed.
fn enrol_device(
    tx: &mut Tx<'_>,
    account: &Account,
    key: Hash,
    device: &Device,
) -> Result<(), Problem> {
    let Account { district, person, .. } = *account;
    let now = tx.now;
    store::lock_person(tx.write()?, district, person)?;
    if !store::is_unchanged(tx.read_unbatched(), account)? {
        return Err(ProblemCode::WrongCredentials.into());
    }
    // Two devices of a stolen password must not both be enrolled.
    if !device_keys::is_of_before(tx.read_unbatched(), district, person)? {
        return Err(ProblemCode::EnrolmentRequired.into());
    }
    device_keys::enrol(tx.write_unbatched(), district, person, key, &device.name, now)?;
    device_keys::end_grace(tx.write_unbatched(), district, person)?;
    record(tx, "person.enrol", person, person, json!({ "by": "sign_in" }))?;
    Ok(())
}

/// Ends the second factors and the sessions of a person, as an act of the superior `actor`.
///
/// # Errors
/// [`DbError`].
pub fn end_all(tx: &mut Tx<'_>, person: PersonId, actor: PersonId) -> Result<(), DbError> {
    let (district, now) = (tx.district, tx.now);
    let devices = device_keys::end_all(tx.write_unbatched(), district, person)?;
    let totp = totp_store::delete(tx.write_unbatched(), district, person)?;
    device_keys::end_grace(tx.write_unbatched(), district, person)?;
    let reason = EndReason::FactorsEnded;
    let sessions = store::end_access(tx.write()?, district, person, None, reason, now)?;
    let details = json!({ "devices": devices, "totp": totp, "sessions": sessions });
    record(tx, "person.factors_end", person, actor, details)
}
