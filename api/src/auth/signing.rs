//! The keys that sign tokens. They lie in the database, sealed by the
//! installation's key, so that every server of an installation signs alike.

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

/// A key to sign with and the public keys to verify by.
pub struct SigningKeys {
    pub(super) kid: String,
    pub(super) signing: EncodingKey,
    pub(super) verifying: Vec<(String, DecodingKey)>,
    public: JwkSet,
}

impl SigningKeys {
    /// The installation's keys; the first is made at the first start.
    ///
    /// # Errors
    /// [`DbError`]; also when they were sealed by another installation key.
    pub fn load_or_make(
        conn: &mut Conn,
        installation: &InstallationKey,
        now: DateTime<Utc>,
    ) -> Result<Self, DbError> {
        let kept = db::transact(conn, |conn| {
            // Of two servers that start for the first time together, one makes the key.
            conn.batch_execute(dialect::lock_signing_keys(conn))?;
            if load(conn)?.is_empty() {
                make(conn, installation, now)?;
            }
            load(conn)
        })?;
        Self::of(&kept, installation)
    }

    /// The public keys, as RFC 7517 writes them.
    pub const fn public(&self) -> &JwkSet {
        &self.public
    }

    /// Of rows in the order of their making, the last signs.
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
    // The key's name is its own thumbprint (RFC 7638), so two servers cannot name two keys alike.
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
