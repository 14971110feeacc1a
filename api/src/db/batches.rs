//! Statements about many keys, in batches.

use super::DbError;

/// The maximum number of keys in a statement.
const BATCH: usize = 500;

/// The keys, as many at a time as a statement may have.
pub fn batches<K>(keys: &[K]) -> std::slice::Chunks<'_, K> {
    keys.chunks(BATCH)
}

/// What `read` finds for each batch of the keys, together.
///
/// # Errors
/// The first one of `read`.
pub fn in_batches<K, T, E>(
    keys: &[K],
    mut read: impl FnMut(&[K]) -> Result<Vec<T>, E>,
) -> Result<Vec<T>, DbError>
where
    DbError: From<E>,
{
    let mut found = Vec::new();
    for keys in batches(keys) {
        found.extend(read(keys)?);
    }
    Ok(found)
}

/// As [`in_batches`]; without keys, what `read` finds of all by one statement.
///
/// # Errors
/// The first one of `read`.
pub fn in_batches_or_all<K, T, E>(
    keys: Option<&[K]>,
    mut read: impl FnMut(Option<&[K]>) -> Result<Vec<T>, E>,
) -> Result<Vec<T>, DbError>
where
    DbError: From<E>,
{
    match keys {
        Some(keys) => in_batches(keys, |keys| read(Some(keys))),
        None => Ok(read(None)?),
    }
}
