//! How a task came to its assignee by the log, in fields and in a sentence. Pure functions.

use chrono::{DateTime, FixedOffset};
use gridward_domain::id::PersonId;
use serde::Serialize;
use utoipa::ToSchema;

use super::day_words::PresentYear;
use super::sentence::{Sentence, Who};

/// How a task came to its assignee.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum GivenCode {
    /// The assignee took it.
    Claimed,
    /// Another person assigned it.
    Assigned,
    /// A plan gave it, whose visits are deleted or name another person by now. `by_id` applied the plan.
    Planned,
    /// The system assigned it, such as one of a regime to the responsible person.
    Automatic,
    /// It has no assignee.
    NotGiven,
    /// The event is in the log's archive.
    Unknown,
    /// There is no event: the task was loaded with its assignee, such as those of a demo district.
    Unrecorded,
}

/// How a task came to its assignee by the log, or that it has none.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct HowGiven {
    /// How.
    pub code: GivenCode,
    /// The person who claimed or assigned it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by_id: Option<PersonId>,
    /// The name of that person; absent for auditors.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64, example = "张网格")]
    pub by_name: Option<String>,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<DateTime<FixedOffset>>,
    /// The same in a sentence.
    pub sentence: Sentence,
}

/// The event by which a task came to its assignee.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Handover {
    /// It is in the log's archive.
    Archived,
    /// There is none.
    Unrecorded,
    /// It is of this person, or of the system.
    By(Option<PersonId>),
    /// It is of a plan.
    Plan,
}

impl GivenCode {
    /// How a task came to this assignee.
    pub(super) fn of(assignee: Option<PersonId>, handover: Handover) -> Self {
        match (assignee, handover) {
            (None, _) => Self::NotGiven,
            (_, Handover::Archived) => Self::Unknown,
            (_, Handover::Unrecorded) => Self::Unrecorded,
            (_, Handover::Plan) => Self::Planned,
            (_, Handover::By(None)) => Self::Automatic,
            (assignee, Handover::By(actor)) if actor == assignee => Self::Claimed,
            (_, Handover::By(Some(_))) => Self::Assigned,
        }
    }
}

/// How a task came to its assignee `who`, by another person or not.
pub fn how_given(who: Who<'_>, by: Who<'_>, (given, year): (&HowGiven, PresentYear)) -> Sentence {
    let moment = given.at.map(|at| at.naive_local());
    let zh_at = moment.map(|at| format!("{} {}，", year.zh_day(at.date()), at.format("%H:%M")));
    let en_at = moment.map(|at| format!(" on {}, {}", year.en_day(at.date()), at.format("%H:%M")));
    let (zh_at, en_at) = (zh_at.unwrap_or_default(), en_at.unwrap_or_default());
    let (zh, en) = match given.code {
        GivenCode::Claimed => (
            format!("{zh_at}{}自己领取了这项任务。", who.zh()),
            format!("{} the task{en_at}.", who.en_with("claimed", "claimed")),
        ),
        GivenCode::Assigned => (
            format!("{zh_at}{}把这项任务交给{}。", by.zh(), who.zh()),
            format!("{} the task to {}{en_at}.", by.en_with("gave", "gave"), who.en()),
        ),
        GivenCode::Planned => (
            format!("{zh_at}方案把这项任务安排给{}。", who.zh()),
            format!("A plan gave the task to {}{en_at}.", who.en()),
        ),
        GivenCode::Automatic => (
            format!("{zh_at}系统按规则把这项任务交给{}。", who.zh()),
            format!("The system gave the task to {}{en_at}, by its rules.", who.en()),
        ),
        GivenCode::NotGiven => (
            "这项任务目前没有人负责。".to_owned(),
            "The task has no assignee at present.".to_owned(),
        ),
        GivenCode::Unknown => (
            format!("这项任务由{}负责，交办记录已归档。", who.zh()),
            format!("{} the task; the record of it is archived.", who.en_with("have", "has")),
        ),
        GivenCode::Unrecorded => (
            format!("这项任务由{}负责，不是方案安排的，也没有交办记录。", who.zh()),
            format!(
                "No plan gave the task to {}, and there is no record of how it came.",
                who.en()
            ),
        ),
    };
    Sentence { zh, en }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_task_is_claimed_by_its_assignee_and_assigned_by_others() {
        let [me, other] = [1, 2].map(|n| PersonId(Uuid::from_u128(n)));
        assert_eq!(GivenCode::of(None, Handover::Archived), GivenCode::NotGiven);
        assert_eq!(GivenCode::of(Some(me), Handover::Archived), GivenCode::Unknown);
        assert_eq!(GivenCode::of(Some(me), Handover::Unrecorded), GivenCode::Unrecorded);
        assert_eq!(GivenCode::of(Some(me), Handover::By(None)), GivenCode::Automatic);
        assert_eq!(GivenCode::of(Some(me), Handover::Plan), GivenCode::Planned);
        assert_eq!(GivenCode::of(Some(me), Handover::By(Some(me))), GivenCode::Claimed);
        assert_eq!(GivenCode::of(Some(me), Handover::By(Some(other))), GivenCode::Assigned);
    }

    #[test]
    fn a_task_that_no_plan_gave_says_who_gave_it_and_when() {
        let at = "2026-12-01T09:05:00+08:00".parse().ok();
        let given =
            |code| HowGiven { code, by_id: None, by_name: None, at, sentence: Sentence::default() };
        let year = PresentYear::at("2026-12-02T00:00:00Z".parse().expect("a moment"));
        let (you, manager) = (Who::You, Who::Named("张网格"));
        let Sentence { zh, en } = how_given(you, you, (&given(GivenCode::Claimed), year));
        assert_eq!(zh, "12月1日（周二） 09:05，您自己领取了这项任务。");
        assert_eq!(en, "You claimed the task on Tue 1 Dec, 09:05.");
        let Sentence { zh, en } = how_given(you, manager, (&given(GivenCode::Assigned), year));
        assert_eq!(zh, "12月1日（周二） 09:05，张网格把这项任务交给您。");
        assert_eq!(en, "张网格 gave the task to you on Tue 1 Dec, 09:05.");
        let Sentence { zh, en } = how_given(you, manager, (&given(GivenCode::Planned), year));
        assert_eq!(zh, "12月1日（周二） 09:05，方案把这项任务安排给您。");
        assert_eq!(en, "A plan gave the task to you on Tue 1 Dec, 09:05.");
        let open = HowGiven { at: None, ..given(GivenCode::NotGiven) };
        assert_eq!(
            how_given(you, manager, (&open, year)).en,
            "The task has no assignee at present."
        );
    }
}
