//! Encrypts the password hashes that earlier versions stored plain, also those of people who do not
//! sign in.

use gridward_domain::area::AreaCode;

use super::{Job, JobContext, RunFuture, Schedule};
use crate::auth::credential;

/// The number of hashes in a transaction.
const BATCH: i64 = 100;

/// Encrypts plain password hashes.
pub struct SealPasswords;

impl Job for SealPasswords {
    fn name(&self) -> &'static str {
        "seal_passwords"
    }

    fn schedule(&self) -> Schedule {
        Schedule::Daily { hour: 5 }
    }

    fn run<'a>(&'a self, context: &'a JobContext, district: AreaCode) -> RunFuture<'a> {
        Box::pin(async move {
            let mut processed = 0;
            loop {
                let keys = context.keys.clone();
                let sealed = context.db.write(district, move |tx| {
                    let key = keys.key(tx.read_unbatched(), district)?;
                    credential::seal_plain(tx.write_unbatched(), &key, district, BATCH)
                });
                match sealed.await? {
                    0 => return Ok(processed),
                    sealed => processed += sealed,
                }
            }
        })
    }
}
