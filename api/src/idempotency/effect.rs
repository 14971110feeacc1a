//! The two kinds of calls with an `Idempotency-Key`: a stored answer must never open what is
//! sealed, so the two are different types.

use gridward_domain::authority::Principal;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::crypto::SealingKey;
use crate::http::problem::Problem;
use crate::tx::{ReadSet, Tx};

/// A change that takes effect at most once. Its result is stored under the id of the command
/// and repeated to a caller who may still make the change.
pub trait Effect: Send + Sync + 'static {
    /// The result; it is stored.
    type Made: Serialize + DeserializeOwned + Send + 'static;

    /// The action, such as `task.claim`.
    fn action(&self) -> &'static str;

    /// The content; a different content is a different command.
    fn request(&self) -> Value;

    /// The rows that the change reads.
    fn read_set(&self, _: &Principal) -> ReadSet {
        ReadSet::default()
    }

    /// Checks that the role permits the change and that its subject is in the principal's scope,
    /// as the change itself does. Called before a stored result is repeated: role and area may
    /// have changed since.
    ///
    /// # Errors
    /// The refusal that a new call gets.
    fn authorize(&self, tx: &mut Tx<'_>, principal: &Principal) -> Result<(), Problem>;

    /// The result as the principal sees it now. A stored result holds no personal data in clear;
    /// this adds what the principal's present view shows.
    ///
    /// # Errors
    /// [`Problem`] of the database.
    fn shown(
        &self,
        _: &mut Tx<'_>,
        _: &Principal,
        made: Self::Made,
    ) -> Result<Self::Made, Problem> {
        Ok(made)
    }
}

/// An answer that opens sealed data. It is never stored: each call is authorized and recorded
/// in the log, whatever its `Idempotency-Key`.
pub trait Disclosure: Send + Sync + 'static {
    /// The opened data. It needs no `Deserialize`, so that it cannot be the result of an
    /// [`Effect`].
    type Shown: Serialize + Send + 'static;

    /// Authorizes, records and answers.
    ///
    /// # Errors
    /// The refusals of the use case.
    fn disclose(
        &self,
        tx: &mut Tx<'_>,
        key: &SealingKey,
        principal: &Principal,
    ) -> Result<Self::Shown, Problem>;
}
