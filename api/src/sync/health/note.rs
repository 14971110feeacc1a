//! Notes what a sync proves about the phone. A poll that proves nothing new writes nothing.

use chrono::{DateTime, FixedOffset, TimeDelta, Utc};
use gridward_domain::id::SessionId;

use crate::auth::sync_state::{self, SyncState};
use crate::db::{Conn, DbError};
use crate::sync::cursor::Cursor;
use crate::sync::event_store;
use crate::sync::model::{CommandOutcome, CommandResult};
use crate::sync::row_type::RowType;
use crate::sync::scope::Scope;
use crate::task::commands::origin::TRUSTED;

/// The most minutes by which a clock is said to be wrong: about 190 years.
const FARTHEST: i64 = 100_000_000;

/// What a request of a phone shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// The epoch and the number up to which the phone has stored the log.
    pub stored: Option<(String, i64)>,
    /// By how much the phone's clock is behind, if the phone says its time.
    pub clock_behind: Option<TimeDelta>,
    /// The codes of the problems of its commands; `None` without commands.
    pub problems: Option<Vec<String>>,
}

impl Seen {
    /// What the cursor and the time of a request show.
    pub fn of(
        cursor: Option<&str>,
        scope: &Scope,
        device_time: Option<DateTime<FixedOffset>>,
        now: DateTime<Utc>,
    ) -> Self {
        let cursor = cursor.and_then(Cursor::read);
        // A cursor inside a snapshot proves that a part of it is stored only.
        let whole = cursor.filter(|one| one.rest.is_none() && one.scope == scope.mark());
        // Without the tasks no visit arrives.
        let whole = whole.filter(|_| scope.has(RowType::Task));
        let clock_behind = device_time.map(|time| now.signed_duration_since(time));
        Self { stored: whole.map(|one| (one.epoch, one.seq)), clock_behind, problems: None }
    }

    /// With the outcomes of its commands.
    #[must_use]
    pub fn with(self, results: &[CommandResult]) -> Self {
        if results.is_empty() {
            return self;
        }
        let failed = |one: &&CommandResult| {
            matches!(one.outcome, CommandOutcome::Rejected | CommandOutcome::Retry)
        };
        let code = |one: &CommandResult| one.problem.as_ref().map(|problem| problem.0.code());
        let problems = results.iter().filter(failed).filter_map(code).map(ToOwned::to_owned);
        Self { problems: Some(problems.collect()), ..self }
    }
}

/// The number up to which the phone is known to have stored the log of this epoch.
fn known(was: &SyncState, epoch: &String) -> Option<i64> {
    was.seq.filter(|_| was.epoch.as_ref() == Some(epoch))
}

/// What the phone has stored of the log, if that is more than the state says.
fn newly_stored<'a>(was: &SyncState, seen: &'a Seen) -> Option<&'a (String, i64)> {
    let stored = seen.stored.as_ref();
    stored.filter(|(epoch, seq)| known(was, epoch).is_none_or(|known| known < *seq))
}

/// The state after a request, if it differs from the stored one. `last` is the number of the last
/// event about the person's tasks: what others do does not matter to the health of this phone.
fn next(was: &SyncState, seen: &Seen, last: i64, now: DateTime<Utc>) -> Option<SyncState> {
    let mut is = was.clone();
    if let Some((epoch, seq)) = newly_stored(was, seen)
        && known(was, epoch).is_none_or(|known| known < last)
    {
        (is.epoch, is.seq) = (Some(epoch.clone()), Some(*seq));
    }
    if let Some(behind) = seen.clock_behind {
        let minutes = behind.num_minutes().clamp(-FARTHEST, FARTHEST);
        let minutes = i32::try_from(minutes).unwrap_or_default();
        is.clock_behind_min = (behind.abs() > TRUSTED).then_some(minutes);
    }
    if let Some(problems) = &seen.problems {
        is.error = problems.last().cloned();
        is.error_at = is.error.is_some().then_some(now.naive_utc());
    }
    (is != *was).then_some(is)
}

/// The state to store for the session after a request, if it changes.
///
/// # Errors
/// [`DbError`].
pub fn due(
    conn: &mut Conn,
    scope: &Scope,
    session: SessionId,
    seen: &Seen,
    now: DateTime<Utc>,
) -> Result<Option<SyncState>, DbError> {
    let district = scope.area().district();
    let Some(was) = sync_state::of_session(conn, district, session)? else { return Ok(None) };
    // The phone of a quiet poll has stored nothing new, so the log need not be read.
    let last = if newly_stored(&was, seen).is_some() {
        event_store::last_about(conn, district, scope.person())?
    } else {
        0
    };
    Ok(next(&was, seen, last, now))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seq: i64) -> Seen {
        Seen { stored: Some(("e".to_owned(), seq)), ..Seen::default() }
    }

    fn state(seq: i64) -> SyncState {
        SyncState { epoch: Some("e".to_owned()), seq: Some(seq), ..SyncState::default() }
    }

    #[test]
    fn a_poll_is_noted_only_if_it_proves_that_something_of_the_person_arrived() {
        let now = DateTime::UNIX_EPOCH;
        assert_eq!(next(&SyncState::default(), &at(7), 0, now), Some(state(7)), "the first one");
        assert_eq!(next(&state(7), &at(9), 7, now), None, "the news are others'");
        assert_eq!(next(&state(7), &at(9), 8, now), Some(state(9)));
        assert_eq!(next(&state(9), &at(7), 12, now), None, "an old copy of the cursor");
        let restored = Seen { stored: Some(("f".to_owned(), 3)), ..Seen::default() };
        assert_eq!(next(&state(9), &restored, 2, now).and_then(|is| is.seq), Some(3));
    }

    #[test]
    fn a_clock_is_noted_beyond_five_minutes_and_forgotten_when_it_is_right() {
        let now = DateTime::UNIX_EPOCH;
        let behind =
            |minutes| Seen { clock_behind: Some(TimeDelta::minutes(minutes)), ..Seen::default() };
        assert_eq!(next(&SyncState::default(), &behind(5), 0, now), None);
        let wrong = next(&SyncState::default(), &behind(-72), 0, now).expect("a change");
        assert_eq!(wrong.clock_behind_min, Some(-72));
        assert_eq!(next(&wrong, &behind(0), 0, now), Some(SyncState::default()));
        assert_eq!(next(&wrong, &Seen::default(), 0, now), None);
    }

    #[test]
    fn an_error_stays_until_a_push_without_one() {
        let now = DateTime::UNIX_EPOCH;
        let push = |codes: &[&str]| Seen {
            problems: Some(codes.iter().map(|code| (*code).to_owned()).collect()),
            ..Seen::default()
        };
        let failed = next(&SyncState::default(), &push(&["not_assignee"]), 0, now);
        let failed = failed.expect("a change");
        assert_eq!(failed.error.as_deref(), Some("not_assignee"));
        assert_eq!(next(&failed, &Seen::default(), 0, now), None, "a poll without commands");
        assert_eq!(next(&failed, &push(&[]), 0, now), Some(SyncState::default()));
    }
}
