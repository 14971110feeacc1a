//! Benchmarks, run one at a time by hand; each prints its method and its results. Durations are of one
//! request, from sending to the last byte, unless stated otherwise.

pub mod outbox;
pub mod periodic;
pub mod quiet;
pub mod snapshots;
pub mod stream;

use std::future::Future;
use std::sync::Arc;

use futures_util::{StreamExt as _, TryStreamExt as _, stream as streams};

use crate::Error;
use crate::caller::{self, Caller};
use crate::district::{Role, SignIn, of_role};
use crate::http_client::HttpClient;
use crate::wire::Page;

/// Signs in the first `count` managers, or all of them.
async fn managers(
    client: &Arc<HttpClient>,
    people: &[SignIn],
    count: Option<usize>,
) -> Result<Vec<Arc<Caller>>, Error> {
    let those: Vec<SignIn> =
        of_role(people, Role::Manager).take(count.unwrap_or(usize::MAX)).cloned().collect();
    if those.is_empty() || count.is_some_and(|count| those.len() < count) {
        return Err(Error::Setting(format!("the sign-ins have only {} managers", those.len())));
    }
    caller::sign_all_in(client, &those).await
}

/// Pulls to the end and returns the last cursor.
async fn cursor_at_the_end(caller: &Caller) -> Result<String, Error> {
    let mut page: Page = caller.get("/v1/sync", &[("limit", "1000")]).await?.read()?;
    while page.has_more {
        let query = [("cursor", page.cursor.as_str()), ("limit", "1000")];
        page = caller.get("/v1/sync", &query).await?.read()?;
    }
    Ok(page.cursor)
}

/// Runs all of them concurrently, on all cores.
async fn at_once<T, F>(all: impl IntoIterator<Item = F>) -> Result<Vec<T>, Error>
where
    T: Send + 'static,
    F: Future<Output = Result<T, Error>> + Send + 'static,
{
    let running: Vec<_> = all.into_iter().map(tokio::spawn).collect();
    let ended = |ended: Result<Result<T, Error>, tokio::task::JoinError>| {
        ended.unwrap_or_else(|error| Err(Error::Setting(error.to_string())))
    };
    let count = running.len().max(1);
    streams::iter(running).buffer_unordered(count).map(ended).try_collect().await
}
