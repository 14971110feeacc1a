//! Access tokens: ES256 JWTs (RFC 9068) that identify a person and a district.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use gridward_domain::area::AreaCode;
use gridward_domain::id::{PersonId, SessionId};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, Header, Validation, decode, decode_header, encode};
use moka::sync::Cache;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::{NoContext, Uuid};

use super::device::AuthMethod;
use super::signing::SigningKeys;
use crate::db::column::Hash;

/// The tolerated difference between the clocks of two servers, in seconds.
const LEEWAY: u64 = 30;
const ISSUER: &str = "gridward";
const AUDIENCE: &str = "gridward";
/// The `typ` header that distinguishes access tokens from other JWTs (RFC 9068, 2.1).
const TYPE: &str = "at+jwt";
/// Verification costs more than most reads, so this many verified tokens are cached.
const REMEMBERED: u64 = 20_000;

/// The subject of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bearer {
    /// The district.
    pub district: AreaCode,
    /// The person.
    pub person: PersonId,
    /// The session; `None` for a sign-in without a device.
    pub session: Option<SessionId>,
    /// When the token was issued, in milliseconds of the epoch.
    pub issued_ms: i64,
    /// When it expires, in seconds of the epoch.
    pub expires: i64,
    /// The thumbprint of the key that each request must be proved with.
    pub key: Option<Hash>,
    /// When the person was authenticated, in seconds of the epoch.
    pub auth_time: i64,
    /// Whether a second factor was among the methods.
    pub has_second_factor: bool,
}

/// What a token certifies.
#[derive(Clone, Debug)]
pub struct Grant {
    /// The district.
    pub district: AreaCode,
    /// The person.
    pub person: PersonId,
    /// The session; `None` for a sign-in without a device.
    pub session: Option<SessionId>,
    /// When the person was authenticated.
    pub auth_time: DateTime<Utc>,
    /// How the person was authenticated.
    pub methods: Vec<AuthMethod>,
    /// The thumbprint of the key that each request must be proved with.
    pub key: Option<Hash>,
}

/// The confirmation of a token (RFC 7800): the thumbprint of a key (RFC 9449, 6.1).
#[derive(Serialize, Deserialize)]
struct Confirmation {
    jkt: String,
}

impl Confirmation {
    fn new(key: Hash) -> Self {
        Self { jkt: BASE64_URL_SAFE_NO_PAD.encode(key) }
    }

    fn key(&self) -> Option<Hash> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(&self.jkt).ok()?;
        bytes.try_into().ok().map(Hash)
    }
}

/// Why a token is rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TokenError {
    /// The token has expired.
    #[error("the token has expired")]
    Expired,
    /// The token was not issued by this installation.
    #[error("not a token of this service")]
    Invalid,
    /// The token could not be signed.
    #[error("the token could not be signed")]
    Unsigned,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: PersonId,
    iat: i64,
    nbf: i64,
    exp: i64,
    jti: Uuid,
    district: AreaCode,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sid: Option<SessionId>,
    #[serde(default)]
    auth_time: i64,
    #[serde(default)]
    amr: Vec<AuthMethod>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cnf: Option<Confirmation>,
}

/// Issues and verifies tokens.
#[derive(Clone)]
pub struct Tokens {
    keys: Arc<SigningKeys>,
    rules: Arc<Validation>,
    lifetime: Duration,
    verified: Cache<Hash, Bearer>,
}

impl Tokens {
    /// Creates an issuer and verifier with `keys`, of tokens that are valid for `lifetime`.
    pub fn new(keys: SigningKeys, lifetime: Duration) -> Self {
        let mut rules = Validation::new(Algorithm::ES256);
        rules.set_issuer(&[ISSUER]);
        rules.set_audience(&[AUDIENCE]);
        rules.set_required_spec_claims(&["exp", "iss", "aud", "sub", "nbf"]);
        rules.validate_nbf = true;
        rules.leeway = LEEWAY;
        let verified = Cache::builder().max_capacity(REMEMBERED).time_to_live(lifetime).build();
        Self { keys: Arc::new(keys), rules: Arc::new(rules), lifetime, verified }
    }

    /// The keys, for clients that verify tokens themselves.
    pub fn keys(&self) -> &SigningKeys {
        &self.keys
    }

    /// The lifetime of a token.
    pub const fn lifetime(&self) -> Duration {
        self.lifetime
    }

    /// Issues a token that certifies `grant`, valid from `now`.
    ///
    /// # Errors
    /// [`TokenError::Unsigned`].
    pub fn issue(&self, grant: Grant, now: DateTime<Utc>) -> Result<String, TokenError> {
        let header = Header {
            typ: Some(TYPE.to_owned()),
            kid: Some(self.keys.kid.clone()),
            ..Header::new(Algorithm::ES256)
        };
        let claims = self.claims(grant, now)?;
        encode(&header, &claims, &self.keys.signing).map_err(|_| TokenError::Unsigned)
    }

    fn claims(&self, grant: Grant, now: DateTime<Utc>) -> Result<Claims, TokenError> {
        let end = now + TimeDelta::from_std(self.lifetime).map_err(|_| TokenError::Unsigned)?;
        Ok(Claims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: grant.person,
            iat: now.timestamp(),
            nbf: now.timestamp(),
            exp: end.timestamp(),
            jti: id_at(now),
            district: grant.district,
            sid: grant.session,
            auth_time: grant.auth_time.timestamp(),
            amr: grant.methods,
            cnf: grant.key.map(Confirmation::new),
        })
    }

    /// The subject of `token`, verified at `now`.
    ///
    /// # Errors
    /// [`TokenError`].
    pub fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<Bearer, TokenError> {
        let name = Hash::sha256(token);
        let bearer = if let Some(bearer) = self.verified.get(&name) {
            bearer
        } else {
            let bearer = self.read(token)?;
            self.verified.insert(name, bearer);
            bearer
        };
        if now.timestamp() > bearer.expires { Err(TokenError::Expired) } else { Ok(bearer) }
    }

    fn read(&self, token: &str) -> Result<Bearer, TokenError> {
        let header = decode_header(token).map_err(|_| TokenError::Invalid)?;
        // An extension that is critical and unknown refuses the token (RFC 7515, 4.1.11).
        if !header.typ.as_deref().is_some_and(is_access_token) || header.crit.is_some() {
            return Err(TokenError::Invalid);
        }
        let named = header.kid.ok_or(TokenError::Invalid)?;
        let known = self.keys.verifying.iter().find(|(kid, _)| *kid == named);
        let (_, key) = known.ok_or(TokenError::Invalid)?;
        let claims =
            decode::<Claims>(token, key, &self.rules).map_err(|error| match error.kind() {
                ErrorKind::ExpiredSignature => TokenError::Expired,
                _ => TokenError::Invalid,
            })?;
        let Claims { sub, iat, exp, jti, district, sid, cnf, auth_time, amr, .. } = claims.claims;
        // No key of this installation signs a longer life.
        let longest = i64::try_from(self.lifetime.as_secs()).unwrap_or(i64::MAX);
        if exp.saturating_sub(iat) > longest {
            return Err(TokenError::Invalid);
        }
        let key = match cnf {
            None => None,
            Some(confirmation) => Some(confirmation.key().ok_or(TokenError::Invalid)?),
        };
        Ok(Bearer {
            district,
            person: sub,
            session: sid,
            issued_ms: milliseconds(jti).unwrap_or_else(|| iat.saturating_mul(1000)),
            expires: exp,
            key,
            auth_time,
            has_second_factor: amr.into_iter().any(AuthMethod::is_second_factor),
        })
    }
}

/// A new id (`UUIDv7`) with this time, which dates a token to the millisecond; `iat` has seconds only,
/// and a token may be issued in the second in which the access of its person ends.
fn id_at(now: DateTime<Utc>) -> Uuid {
    let seconds = u64::try_from(now.timestamp()).unwrap_or_default();
    Uuid::new_v7(uuid::Timestamp::from_unix(NoContext, seconds, now.timestamp_subsec_nanos()))
}

/// The time of an id (`UUIDv7`) in milliseconds of the epoch; `None` for an id of another form.
fn milliseconds(id: Uuid) -> Option<i64> {
    let (seconds, nanoseconds) = id.get_timestamp()?.to_unix();
    let seconds = i64::try_from(seconds).ok()?;
    Some(seconds.saturating_mul(1000).saturating_add((nanoseconds / 1_000_000).into()))
}

/// Whether `typ` is that of an access token; media types have an optional prefix and no case
/// (RFC 9068, 4).
fn is_access_token(typ: &str) -> bool {
    let typ = typ.to_ascii_lowercase();
    typ.strip_prefix("application/").unwrap_or(&typ) == TYPE
}

#[cfg(test)]
mod tests {
    fn district() -> AreaCode {
        "500116".parse().expect("a code")
    }

    use super::*;
    use crate::crypto::InstallationKey;
    use crate::db::{Address, migrate::migrate};

    /// The grant of a sign-in with a password only.
    fn grant(person: PersonId, now: DateTime<Utc>) -> Grant {
        let methods = vec![AuthMethod::Pwd];
        Grant { district: district(), person, session: None, auth_time: now, methods, key: None }
    }

    fn issue(tokens: &Tokens, person: PersonId, now: DateTime<Utc>) -> String {
        tokens.issue(grant(person, now), now).expect("a token")
    }

    /// Tokens with new keys, as created at a first start.
    fn tokens() -> Tokens {
        let folder = tempfile::TempDir::new().expect("a folder");
        let address = Address::Sqlite(folder.path().join("gridward.db"));
        let mut conn = address.connect().expect("a connection");
        migrate(&mut conn).expect("tables");
        let key = InstallationKey::create_file(&folder.path().join("key")).expect("a key");
        let keys = SigningKeys::load_or_make(&mut conn, &key, Utc::now()).expect("keys");
        Tokens::new(keys, Duration::from_secs(600))
    }

    #[test]
    fn a_token_names_its_bearer_for_ten_minutes_and_has_then_expired() {
        let (tokens, person, now) = (tokens(), PersonId(Uuid::now_v7()), Utc::now());
        let token = issue(&tokens, person, now);
        let bearer = tokens.verify(&token, now).expect("a bearer");
        assert_eq!((bearer.district.as_str(), bearer.person), ("500116", person));
        let later = now + TimeDelta::seconds(601);
        assert_eq!(tokens.verify(&token, later), Err(TokenError::Expired), "though remembered");
    }

    #[test]
    fn a_token_is_dated_to_the_millisecond() {
        let (tokens, person) = (tokens(), PersonId(Uuid::now_v7()));
        let now = DateTime::from_timestamp_millis(Utc::now().timestamp_millis()).expect("a time");
        for later in [0, 1, 999] {
            let now = now + TimeDelta::milliseconds(later);
            let bearer = tokens.verify(&issue(&tokens, person, now), now).expect("a bearer");
            assert_eq!(bearer.issued_ms, now.timestamp_millis());
        }
    }

    #[test]
    fn a_token_that_was_never_seen_before_it_expired_has_expired_too() {
        let (tokens, person) = (tokens(), PersonId(Uuid::now_v7()));
        let long_ago = Utc::now() - TimeDelta::hours(1);
        let token = issue(&tokens, person, long_ago);
        assert_eq!(tokens.verify(&token, Utc::now()), Err(TokenError::Expired));
    }

    #[test]
    fn a_token_of_another_installation_is_not_taken() {
        let (ours, theirs, person) = (tokens(), tokens(), PersonId(Uuid::now_v7()));
        let token = issue(&theirs, person, Utc::now());
        assert_eq!(ours.verify(&token, Utc::now()), Err(TokenError::Invalid));
    }
    #[test]
    fn a_signed_token_with_a_critical_extension_or_a_longer_life_is_refused() {
        let (tokens, person, now) = (tokens(), PersonId(Uuid::now_v7()), Utc::now());
        let signed = |typ: &str, crit: Option<Vec<String>>, more: i64| {
            let mut header = Header::new(Algorithm::ES256);
            (header.typ, header.kid) = (Some(typ.to_owned()), Some(tokens.keys.kid.clone()));
            header.crit = crit;
            let mut claims = tokens.claims(grant(person, now), now).expect("claims");
            claims.exp += more;
            let token = encode(&header, &claims, &tokens.keys.signing).expect("a token");
            tokens.verify(&token, now).map(|bearer| bearer.person)
        };
        for typ in [TYPE, "application/at+jwt", "AT+JWT"] {
            assert_eq!(signed(typ, None, 0), Ok(person), "{typ}");
        }
        let critical = Some(vec!["exp".to_owned()]);
        assert_eq!(signed(TYPE, critical, 0), Err(TokenError::Invalid));
        assert_eq!(signed(TYPE, None, 1), Err(TokenError::Invalid));
        assert_eq!(signed("JWT", None, 0), Err(TokenError::Invalid));
    }
}
