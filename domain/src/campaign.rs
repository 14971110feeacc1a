//! The life of a campaign: many tasks for one occasion, made at once.
//!
//! A draft is approved by a person other than its author, launched once, and closed. A launch is
//! repeated without effect, so a lost answer is asked for again.

use std::collections::BTreeSet;

use chrono::{Days, NaiveDate, TimeDelta};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::id::PersonId;
use crate::word::{UnknownWord, unknown};

/// The state of a campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[cfg_attr(
    feature = "diesel",
    derive(diesel::AsExpression, diesel::FromSqlRow),
    diesel(sql_type = diesel::sql_types::Text)
)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<CampaignState>)]
pub enum CampaignState {
    /// Being written.
    Draft,
    /// Approved by a person other than the author.
    Approved,
    /// Its tasks are being created.
    Launching,
    /// All its tasks are created.
    Launched,
    /// Over.
    Closed,
}

/// A command to a campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, strum::VariantArray)]
pub enum CampaignCommand {
    /// Replace the content.
    Edit,
    /// Approve the content.
    Approve,
    /// Begin to create the tasks.
    Launch,
    /// All tasks are created; the system's command.
    Finish,
    /// End the campaign.
    Close,
}

/// Why a command is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CampaignRejection {
    /// The state does not allow the command.
    #[error("the state of the campaign does not allow this")]
    State,
    /// The author of the content may not approve it.
    #[error("the author may not approve the campaign")]
    Author,
}

/// What a command does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CampaignStep {
    /// The campaign gets this state.
    To(CampaignState),
    /// An earlier command had the same effect.
    Already,
}

/// What the command of a person does to a campaign in this state, with these authors of its
/// content.
///
/// # Errors
/// [`CampaignRejection`].
pub fn apply(
    state: CampaignState,
    authors: &BTreeSet<PersonId>,
    command: CampaignCommand,
    by: Option<PersonId>,
) -> Result<CampaignStep, CampaignRejection> {
    use CampaignCommand as C;
    use CampaignState as S;
    match (command, state) {
        (C::Edit, S::Draft) => Ok(CampaignStep::To(S::Draft)),
        (C::Approve, S::Draft) if by.is_none_or(|by| authors.contains(&by)) => {
            Err(CampaignRejection::Author)
        }
        (C::Approve, S::Draft) => Ok(CampaignStep::To(S::Approved)),
        (C::Launch, S::Approved) => Ok(CampaignStep::To(S::Launching)),
        (C::Finish, S::Launching) => Ok(CampaignStep::To(S::Launched)),
        (C::Close, S::Draft | S::Approved | S::Launching | S::Launched) => {
            Ok(CampaignStep::To(S::Closed))
        }
        (C::Approve, S::Approved)
        | (C::Launch, S::Launching | S::Launched)
        | (C::Finish, S::Launched)
        | (C::Close, S::Closed) => Ok(CampaignStep::Already),
        _ => Err(CampaignRejection::State),
    }
}

/// How long before the day of an occasion its visits may end.
const EARLY: TimeDelta = TimeDelta::days(30);
/// How long after it they may begin.
const LATE: TimeDelta = TimeDelta::days(7);

/// The days of a campaign, and how many visits may begin on each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CampaignSpan {
    /// The first day.
    pub first_day: NaiveDate,
    /// The last day, on which all is done.
    pub last_day: NaiveDate,
    /// The most visits that become possible on one day; any number if `None`.
    pub quota_per_day: Option<u32>,
}

impl CampaignSpan {
    /// The days that remain on `day`: no visit begins before it.
    #[must_use]
    pub fn from(&self, day: NaiveDate) -> Self {
        Self { first_day: self.first_day.max(day), ..*self }
    }

    /// The number of days.
    pub fn days(&self) -> u64 {
        let between = self.last_day.signed_duration_since(self.first_day).num_days();
        u64::try_from(between).map_or(0, |days| days + 1)
    }

    /// Whether the days are those around the day of an occasion: one of them is at most 30 days before it, or 7
    /// days after it. Visits and gifts come before a feast, a few of them late; a campaign of other days has
    /// mistaken the year or the occasion.
    pub fn is_near(&self, occasion: NaiveDate) -> bool {
        let to_end = occasion.signed_duration_since(self.last_day);
        let from_start = self.first_day.signed_duration_since(occasion);
        to_end <= EARLY && from_start <= LATE
    }

    /// How many of the visits the quota does not let begin on these days.
    pub fn beyond(&self, visits: u64) -> u64 {
        self.quota_per_day
            .map_or(0, |quota| visits.saturating_sub(u64::from(quota).saturating_mul(self.days())))
    }

    /// The earliest day of the visit with this number, from 0: as many on each day as the quota
    /// allows, from the first day on. Visits beyond the quota begin on the last day.
    pub fn earliest(&self, number: u64) -> NaiveDate {
        let Some(quota) = self.quota_per_day.filter(|quota| *quota > 0) else {
            return self.first_day;
        };
        let day = self.first_day.checked_add_days(Days::new(number / u64::from(quota)));
        day.map_or(self.last_day, |day| day.min(self.last_day))
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::word::VariantArray as _;

    const AUTHOR: PersonId = PersonId(Uuid::from_u128(1));
    const OTHER: PersonId = PersonId(Uuid::from_u128(2));

    fn by(who: PersonId, state: CampaignState, command: CampaignCommand) -> Option<CampaignState> {
        match apply(state, &BTreeSet::from([AUTHOR]), command, Some(who)) {
            Ok(CampaignStep::To(next)) => Some(next),
            _ => None,
        }
    }

    #[test]
    fn no_path_leads_to_tasks_without_the_approval_of_another_person() {
        use CampaignState as S;
        let mut reached = vec![S::Draft];
        loop {
            let next = reached.iter().flat_map(|state| {
                CampaignCommand::VARIANTS.iter().filter_map(|command| by(AUTHOR, *state, *command))
            });
            let new: Vec<S> = next.filter(|state| !reached.contains(state)).collect();
            if new.is_empty() {
                break;
            }
            reached.extend(new);
        }
        reached.sort_unstable();
        reached.dedup();
        assert_eq!(reached, [S::Draft, S::Closed], "what the author alone can do");
        let own = apply(
            S::Draft,
            &BTreeSet::from([OTHER, AUTHOR]),
            CampaignCommand::Approve,
            Some(AUTHOR),
        );
        assert_eq!(own, Err(CampaignRejection::Author));
        assert_eq!(by(OTHER, S::Draft, CampaignCommand::Approve), Some(S::Approved));
    }

    #[test]
    fn a_launch_is_stopped_by_closing_the_campaign() {
        use CampaignState as S;
        assert_eq!(by(OTHER, S::Launching, CampaignCommand::Close), Some(S::Closed));
        assert_eq!(by(OTHER, S::Closed, CampaignCommand::Finish), None);
    }

    #[test]
    fn a_repeated_command_changes_nothing_and_a_skipped_step_is_refused() {
        use CampaignCommand as C;
        use CampaignState as S;
        for (command, state) in [
            (C::Approve, S::Approved),
            (C::Launch, S::Launching),
            (C::Launch, S::Launched),
            (C::Close, S::Closed),
        ] {
            assert_eq!(
                apply(state, &BTreeSet::from([AUTHOR]), command, Some(OTHER)),
                Ok(CampaignStep::Already)
            );
        }
        for (command, state) in [
            (C::Launch, S::Draft),
            (C::Edit, S::Approved),
            (C::Launch, S::Closed),
            (C::Approve, S::Launched),
        ] {
            let refused = apply(state, &BTreeSet::from([AUTHOR]), command, Some(OTHER));
            assert_eq!(refused, Err(CampaignRejection::State), "{command:?} {state}");
        }
    }

    #[test]
    fn a_quota_spreads_the_visits_over_the_days() {
        let day = |text: &str| text.parse::<NaiveDate>().expect("a day");
        let span = CampaignSpan {
            first_day: day("2027-01-25"),
            last_day: day("2027-02-05"),
            quota_per_day: Some(100),
        };
        assert_eq!(span.days(), 12);
        assert_eq!([span.beyond(1_200), span.beyond(1_203)], [0, 3]);
        assert_eq!(span.earliest(0), day("2027-01-25"));
        assert_eq!(span.earliest(99), day("2027-01-25"));
        assert_eq!(span.earliest(100), day("2027-01-26"));
        assert_eq!(span.earliest(5_000), day("2027-02-05"));
        let late = span.from(day("2027-02-03"));
        assert_eq!(late.days(), 3);
        let beyond = [late.beyond(300), late.beyond(301)];
        assert_eq!(beyond, [0, 1], "the days that have passed do not count");
        assert_eq!(late.earliest(100), day("2027-02-04"));
        assert_eq!(span.from(day("2027-01-01")), span);
        let free = CampaignSpan { quota_per_day: None, ..span };
        assert_eq!(free.beyond(u64::MAX), 0);
        assert_eq!(free.earliest(5_000), day("2027-01-25"));
    }

    #[test]
    fn the_days_of_a_campaign_lie_around_its_occasion() {
        let day = |text: &str| text.parse::<NaiveDate>().expect("a day");
        let festival = day("2027-02-06");
        let is_near = |first, last| {
            let (first_day, last_day) = (day(first), day(last));
            CampaignSpan { first_day, last_day, quota_per_day: None }.is_near(festival)
        };
        assert!(is_near("2027-01-10", "2027-02-05"));
        assert!(is_near("2026-12-01", "2027-01-07"), "ends 30 days before it");
        assert!(!is_near("2026-12-01", "2027-01-06"));
        assert!(is_near("2027-02-13", "2027-03-01"), "begins 7 days after it");
        assert!(!is_near("2027-02-14", "2027-03-01"));
        assert!(is_near("2026-06-01", "2027-05-31"), "around it");
        assert!(!is_near("2028-01-10", "2028-01-25"), "of another year");
    }
}
