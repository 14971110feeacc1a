//! The keys that sign tokens. They are stored in the database, encrypted with the
//! installation's key, so that all servers of an installation share them.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use chrono::{DateTime, Utc};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use jsonwebtoken::jwk::{Jwk, JwkSet, KeyOperations, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};

use crate::crypto::InstallationKey;
use crate::db::schema::signing_keys;
use crate::db::{self, Conn, DbError, dialect};

/// The signing key and the public keys that verify.
pub struct SigningKeys {
    pub(super) kid: String,
    pub(super) signing: EncodingKey,
    pub(super) verifying: Vec<(String, DecodingKey)>,
    public: JwkSet,
}

impl SigningKeys {
    /// Loads the installation's keys; creates the first key at the first start.
    ///
    /// # Errors
    /// [`DbError`]; also if the keys were encrypted with another installation key.
    pub fn load_or_make(
        conn: &mut Conn,
        installation: &InstallationKey,
        now: DateTime<Utc>,
    ) -> Result<Self, DbError> {
        let kept = db::transact(conn, |conn| {
            // If two servers start for the first time together, only one key is stored.
            conn.batch_execute(dialect::lock_signing_keys(conn))?;
            if load(conn)?.is_empty() {
                make(conn, installation, now)?;
            }
            load(conn)
        })?;
        Self::of(&kept, installation)
    }

    /// The public keys as a JWK set (RFC 7517).
    pub const fn public(&self) -> &JwkSet {
        &self.public
    }

    /// Builds the keys from rows in order of creation; the last key signs.
    fn of(rows: &[(String, Vec<u8>)], installation: &InstallationKey) -> Result<Self, DbError> {
        let mut verifying = Vec::new();
        let mut public = JwkSet { keys: Vec::new() };
        let mut signing = None;
        for (kid, sealed) in rows {
            let pkcs8 = installation.key().open(&sealed_for(kid), sealed).map_err(corrupt)?;
            let key = EncodingKey::from_ec_der(&pkcs8);
            let jwk = public_key(&key, kid)?;
            verifying.push((kid.clone(), DecodingKey::from_jwk(&jwk).map_err(corrupt)?));
            public.keys.push(jwk);
            signing = Some((kid.clone(), key));
        }
        let (kid, signing) = signing.ok_or_else(|| corrupt("there is no key"))?;
        Ok(Self { kid, signing, verifying, public })
    }
}

fn corrupt(reason: impl ToString) -> DbError {
    DbError::corrupt("signing_keys", reason)
}

fn sealed_for(kid: &str) -> String {
    format!("signing_keys|{kid}")
}

fn load(conn: &mut Conn) -> Result<Vec<(String, Vec<u8>)>, DbError> {
    Ok(signing_keys::table
        .select((signing_keys::kid, signing_keys::sealed))
        .order((signing_keys::created_at, signing_keys::kid))
        .load(conn)?)
}

fn make(
    conn: &mut Conn,
    installation: &InstallationKey,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let pair = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())
        .map_err(corrupt)?;
    let key = EncodingKey::from_ec_der(pair.as_ref());
    // The key id is the key's thumbprint (RFC 7638), so ids of two servers cannot collide.
    let kid = public_key(&key, "")?.thumbprint(ThumbprintHash::SHA256).map_err(corrupt)?;
    let sealed = installation.key().seal(&sealed_for(&kid), pair.as_ref()).map_err(corrupt)?;
    diesel::insert_into(signing_keys::table)
        .values((
            signing_keys::kid.eq(kid),
            signing_keys::sealed.eq(sealed),
            signing_keys::created_at.eq(now.naive_utc()),
        ))
        .execute(conn)?;
    Ok(())
}

fn public_key(key: &EncodingKey, kid: &str) -> Result<Jwk, DbError> {
    let mut jwk = Jwk::from_encoding_key(key, Algorithm::ES256).map_err(corrupt)?;
    jwk.common.key_id = Some(kid.to_owned());
    jwk.common.public_key_use = Some(PublicKeyUse::Signature);
    jwk.common.key_operations = Some(vec![KeyOperations::Verify]);
    Ok(jwk)
}
