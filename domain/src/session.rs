//! The rotation of a session's refresh tokens.
//!
//! The tokens of a session are numbered. A use of the newest issues the next one. On a bad
//! network the answer may be lost, so a token stays usable until its successor was used, and
//! for a short time after that; it gets the same successor each time. Any later use means that
//! two parties hold tokens of the session, and the session must end (RFC 9700, 4.14.2).

use chrono::{DateTime, TimeDelta, Utc};

/// The number of a refresh token within its session; the first is 1.
pub type Generation = i64;

/// The newest refresh token of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// Its number.
    pub newest: Generation,
    /// When it was issued for the first time, which is when its predecessor was used first.
    pub issued_at: DateTime<Utc>,
}

/// The effect of a genuine refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presented {
    /// The first use of the newest token: the session continues with the next one.
    Rotates(Rotation),
    /// A repeated use whose answer may have been lost: it gets the same successor again.
    Repeats,
    /// The token was spent: the session must end.
    Reused,
}

impl Rotation {
    /// The rotation of a new session.
    pub const fn first(now: DateTime<Utc>) -> Self {
        Self { newest: 1, issued_at: now }
    }

    /// The effect of the token number `presented` at `now`. Unless it is
    /// [`Presented::Reused`], the answer is the token after `presented`.
    ///
    /// A spent token is forgiven for `grace` after the first use of its successor: a delayed
    /// duplicate of a request, or a phone that stopped before it stored the successor. A
    /// number above the newest is genuine too: the database was restored from a backup.
    pub fn present(
        &self,
        presented: Generation,
        now: DateTime<Utc>,
        grace: TimeDelta,
    ) -> Presented {
        match self.newest.saturating_sub(presented) {
            ..=0 => Presented::Rotates(Self { newest: successor(presented), issued_at: now }),
            1 => Presented::Repeats,
            2 if now - self.issued_at <= grace => Presented::Repeats,
            _ => Presented::Reused,
        }
    }
}

/// The number of the token that answers `presented`.
pub const fn successor(presented: Generation) -> Generation {
    presented.saturating_add(1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const GRACE: TimeDelta = TimeDelta::seconds(60);

    /// The server's side of a session.
    struct Server {
        rotation: Rotation,
        ended: bool,
    }

    impl Server {
        fn new(now: DateTime<Utc>) -> Self {
            Self { rotation: Rotation::first(now), ended: false }
        }

        /// The number of the token that is answered; `None` if the session has ended.
        fn refresh(&mut self, presented: Generation, now: DateTime<Utc>) -> Option<Generation> {
            if self.ended {
                return None;
            }
            match self.rotation.present(presented, now, GRACE) {
                Presented::Rotates(next) => self.rotation = next,
                Presented::Repeats => {}
                Presented::Reused => self.ended = true,
            }
            (!self.ended).then(|| successor(presented))
        }
    }

    /// A refresh of an honest client: how long after the last one it begins, how often its
    /// answer is lost, and how late a duplicate of its request arrives.
    #[derive(Clone, Debug)]
    struct Refresh {
        after: i64,
        lost: u8,
        retry: i64,
        duplicate: Option<i64>,
    }

    fn refreshes() -> impl Strategy<Value = Vec<Refresh>> {
        let duplicate = prop::option::of(0..=60_i64);
        let refresh = (61..100_000_i64, 0..6_u8, 0..3_600_i64, duplicate)
            .prop_map(|(after, lost, retry, duplicate)| Refresh { after, lost, retry, duplicate });
        prop::collection::vec(refresh, 1..60)
    }

    fn start() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap_or_default()
    }

    /// Runs an honest client; returns the server and the client's token at the end.
    fn honest(refreshes: &[Refresh]) -> (Server, Generation, DateTime<Utc>) {
        let mut now = start();
        let (mut server, mut held) = (Server::new(now), 1);
        for Refresh { after, lost, retry, duplicate } in refreshes {
            now += TimeDelta::seconds(*after);
            let sent = held;
            for _ in 0..*lost {
                assert!(server.refresh(sent, now).is_some(), "a lost answer is answered again");
                now += TimeDelta::seconds(*retry);
            }
            held = server.refresh(sent, now).expect("an honest client stays signed in");
            if let Some(late) = duplicate {
                now += TimeDelta::seconds(*late);
                assert_eq!(server.refresh(sent, now), Some(held), "a duplicate changes nothing");
            }
        }
        (server, held, now)
    }

    proptest! {
        #[test]
        fn an_honest_client_is_never_signed_out(refreshes in refreshes()) {
            let (server, ..) = honest(&refreshes);
            prop_assert!(!server.ended);
        }

        #[test]
        fn a_spent_token_always_ends_the_session(
            refreshes in refreshes(), back in 2..50_i64, later in 61..1_000_000_i64,
        ) {
            let (mut server, held, now) = honest(&refreshes);
            let stolen = held - back;
            prop_assume!(stolen >= 1);
            let now = now + TimeDelta::seconds(later);
            prop_assert_eq!(server.refresh(stolen, now), None);
            prop_assert_eq!(server.refresh(held, now), None, "for both holders");
        }

        #[test]
        fn a_thief_who_goes_ahead_is_found_at_the_owners_next_refresh(
            refreshes in refreshes(), steps in 2..20_i64, later in 61..1_000_000_i64,
        ) {
            let (mut server, held, mut now) = honest(&refreshes);
            let mut stolen = held;
            for _ in 0..steps {
                now += TimeDelta::seconds(later);
                stolen = server.refresh(stolen, now).expect("nobody else has refreshed");
            }
            now += TimeDelta::seconds(later);
            prop_assert_eq!(server.refresh(held, now), None);
            prop_assert_eq!(server.refresh(stolen, now), None, "the thief is out too");
        }

        #[test]
        fn a_restored_database_keeps_the_tokens_issued_since(
            refreshes in refreshes(), lost in 1..50_i64,
        ) {
            let (mut server, held, now) = honest(&refreshes);
            server.rotation.newest = (server.rotation.newest - lost).max(1);
            let next = server.refresh(held, now);
            prop_assert_eq!(next, Some(held + 1));
            prop_assert!(server.refresh(held, now).is_some(), "its answer may be lost");
        }
    }

    #[test]
    fn the_first_use_rotates_and_every_repetition_gets_the_same_successor() {
        let now = start();
        let first = Rotation::first(now);
        let second = Rotation { newest: 2, issued_at: now };
        assert_eq!(first.present(1, now, GRACE), Presented::Rotates(second));
        assert_eq!(second.present(1, now + TimeDelta::days(13), GRACE), Presented::Repeats);
        let third = Rotation { newest: 3, issued_at: now };
        assert_eq!(third.present(1, now + GRACE, GRACE), Presented::Repeats);
        let late = now + GRACE + TimeDelta::seconds(1);
        assert_eq!(third.present(1, late, GRACE), Presented::Reused);
    }
}
