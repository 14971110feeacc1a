//! The uploads in progress: one for each attachment, and a few for each person.
//!
//! A phone whose connection broke sends again before the server notices the break. The new upload
//! therefore ends the old one, whose bytes are kept, instead of waiting for it.

use std::sync::Arc;
use std::time::Duration;

use gridward_domain::area::AreaCode;
use gridward_domain::authority::Principal;
use gridward_domain::id::PersonId;
use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use tokio::sync::{Mutex, OwnedMutexGuard, OwnedSemaphorePermit, Semaphore, watch};
use uuid::Uuid;

use super::thumbnail::Thumbnails;
use crate::http::problem::Problem;

/// The maximum number of uploads of one person at a time.
const PER_PERSON: usize = 4;
/// The maximum number of files that are verified in memory at a time.
const VERIFIED: usize = 4;
/// How long an upload waits for the one that it ends to store its last part.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Longer than the longest upload, so that no state is forgotten while it is in use.
const IDLE: Duration = Duration::from_secs(24 * 3600);
const CAPACITY: u64 = 100_000;

/// The uploads in progress on this server, and the limits of the memory for files.
#[derive(Clone)]
pub struct Uploads {
    attachments: Cache<(AreaCode, Uuid), Arc<Attachment>>,
    people: Cache<(AreaCode, PersonId), Arc<Person>>,
    verifying: Arc<Semaphore>,
    /// Makes small copies of photos, a few at a time.
    pub thumbnails: Thumbnails,
}

/// The upload of one attachment.
struct Attachment {
    turn: Arc<Mutex<()>>,
    /// Counts the uploads that have begun.
    newest: watch::Sender<u64>,
}

/// The permits of one person.
struct Person {
    uploading: Arc<Semaphore>,
    /// For uploads that wait for the one that they end.
    waiting: Semaphore,
}

impl Default for Person {
    fn default() -> Self {
        Self {
            uploading: Arc::new(Semaphore::new(PER_PERSON)),
            waiting: Semaphore::new(PER_PERSON),
        }
    }
}

/// An upload in progress; it ends when it is dropped.
#[derive(Debug)]
pub struct Upload {
    number: u64,
    newest: watch::Receiver<u64>,
    _turn: OwnedMutexGuard<()>,
    _share: OwnedSemaphorePermit,
}

impl Default for Uploads {
    fn default() -> Self {
        Self {
            attachments: Cache::builder()
                .max_capacity(CAPACITY)
                .eviction_policy(EvictionPolicy::lru())
                .time_to_idle(IDLE)
                .build(),
            people: Cache::builder()
                .max_capacity(CAPACITY)
                .eviction_policy(EvictionPolicy::lru())
                .time_to_idle(IDLE)
                .build(),
            verifying: Arc::new(Semaphore::new(VERIFIED)),
            thumbnails: Thumbnails::default(),
        }
    }
}

impl Uploads {
    /// Begins an upload; ends an earlier one of the same attachment.
    ///
    /// # Errors
    /// 429 if the person has too many uploads, or the earlier one does not end in time.
    pub async fn begin(&self, principal: &Principal, id: Uuid) -> Result<Upload, Problem> {
        let attachment = self.attachment(principal, id);
        let mut number = 0;
        attachment.newest.send_modify(|count| {
            *count += 1;
            number = *count;
        });
        let mut newest = attachment.newest.subscribe();
        let person = (principal.district(), principal.person);
        let person = self.people.get_with(person, Arc::default);
        let turn = {
            let _waiting = person.waiting.try_acquire().map_err(|_| busy())?;
            tokio::select! {
                turn = attachment.turn() => turn?,
                () = superseded(&mut newest, number) => return Err(busy()),
            }
        };
        let share = Arc::clone(&person.uploading).try_acquire_owned().map_err(|_| busy())?;
        Ok(Upload { number, newest, _turn: turn, _share: share })
    }

    /// Waits until no upload of the attachment is in progress, without ending one; the next one
    /// waits for the guard.
    ///
    /// # Errors
    /// 429 if the present one does not end in time.
    pub async fn wait(
        &self,
        principal: &Principal,
        id: Uuid,
    ) -> Result<OwnedMutexGuard<()>, Problem> {
        self.attachment(principal, id).turn().await
    }

    fn attachment(&self, principal: &Principal, id: Uuid) -> Arc<Attachment> {
        self.attachments.get_with((principal.district(), id), || {
            Arc::new(Attachment { turn: Arc::default(), newest: watch::Sender::new(0) })
        })
    }

    /// A permit to hold a whole file in memory.
    pub async fn verify(&self) -> Option<OwnedSemaphorePermit> {
        // The semaphore is never closed, so there is always a permit.
        Arc::clone(&self.verifying).acquire_owned().await.ok()
    }
}

fn busy() -> Problem {
    Problem::too_many_requests(TIMEOUT.as_secs())
}

impl Attachment {
    /// The turn to receive its bytes.
    async fn turn(&self) -> Result<OwnedMutexGuard<()>, Problem> {
        let turn = tokio::time::timeout(TIMEOUT, Arc::clone(&self.turn).lock_owned()).await;
        turn.map_err(|_| busy())
    }
}

/// Returns once a newer upload than `number` has begun.
async fn superseded(newest: &mut watch::Receiver<u64>, number: u64) {
    // A dropped sender means that the state was forgotten; the upload then goes on.
    if newest.wait_for(|newest| *newest != number).await.is_err() {
        std::future::pending::<()>().await;
    }
}

impl Upload {
    /// Returns once a newer upload of the attachment has begun.
    pub async fn superseded(&mut self) {
        superseded(&mut self.newest, self.number).await;
    }
}

#[cfg(test)]
mod tests {
    use gridward_domain::authority::Role;

    use super::*;

    fn principal() -> Principal {
        let area = "500116001002001".parse().expect("a code");
        Principal { person: PersonId(Uuid::nil()), role: Role::Volunteer, area }
    }

    #[tokio::test]
    async fn a_new_upload_of_an_attachment_ends_the_old_one() {
        let (uploads, id) = (Uploads::default(), Uuid::now_v7());
        let mut old = uploads.begin(&principal(), id).await.expect("an upload");
        let ending = async {
            old.superseded().await;
            drop(old);
        };
        let principal = principal();
        let (new, ()) = tokio::join!(uploads.begin(&principal, id), ending);
        assert!(new.is_ok());
    }

    #[tokio::test]
    async fn of_uploads_that_begin_together_the_newest_goes_on() {
        let (uploads, id, principal) = (Uploads::default(), Uuid::now_v7(), principal());
        let upload = async || {
            let mut upload = uploads.begin(&principal, id).await.ok()?;
            let ended = tokio::time::timeout(Duration::from_millis(200), upload.superseded()).await;
            ended.is_err().then_some(upload.number)
        };
        let (one, two, three) = tokio::join!(upload(), upload(), upload());
        assert_eq!([one, two, three], [None, None, Some(3)]);
    }

    #[tokio::test]
    async fn waiting_for_an_upload_does_not_end_it() {
        let (uploads, id) = (Uploads::default(), Uuid::now_v7());
        let mut upload = uploads.begin(&principal(), id).await.expect("an upload");
        let principal = principal();
        let waiting = uploads.wait(&principal, id);
        let ended = tokio::time::timeout(Duration::from_millis(50), upload.superseded());
        let (_, ended) =
            tokio::join!(tokio::time::timeout(Duration::from_millis(60), waiting), ended);
        assert!(ended.is_err());
        drop(upload);
        assert!(uploads.wait(&principal, id).await.is_ok());
    }

    #[tokio::test]
    async fn a_person_has_a_few_uploads_at_a_time() {
        let (uploads, principal) = (Uploads::default(), principal());
        let mut going = Vec::new();
        for _ in 0..PER_PERSON {
            going.push(uploads.begin(&principal, Uuid::now_v7()).await.expect("an upload"));
        }
        assert!(uploads.begin(&principal, Uuid::now_v7()).await.is_err());
        going.pop();
        assert!(uploads.begin(&principal, Uuid::now_v7()).await.is_ok());
    }
}
