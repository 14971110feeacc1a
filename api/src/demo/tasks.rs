//! A week's tasks for the demo district: about one beneficiary in five has one.

use chrono::{DateTime, Days, Utc};
use gridward_domain::id::TaskId;
use gridward_domain::skill::Skills;

use super::draw::Draw;
use super::identity;
use super::people::window;
use crate::catalogue::ServiceKind;
use crate::clock;
use crate::load::record::BeneficiaryRecord;
use crate::task::row::{Draft, TaskRow};

/// The number of beneficiaries per thousand with a task in a week: 12,000 of 62,000.
const DUE: usize = 194;

/// Open tasks of `kinds` for some of `beneficiaries`, due in the week from `now`.
pub fn week(
    beneficiaries: &[BeneficiaryRecord],
    kinds: &[ServiceKind],
    seed: u64,
    now: DateTime<Utc>,
) -> Vec<TaskRow> {
    let mut draw = Draw::new(seed, "tasks");
    let due: Vec<&BeneficiaryRecord> =
        beneficiaries.iter().filter(|_| draw.of_thousand(DUE)).collect();
    due.into_iter().enumerate().filter_map(|(n, one)| task(n, one, kinds, &mut draw, now)).collect()
}

fn task(
    n: usize,
    one: &BeneficiaryRecord,
    kinds: &[ServiceKind],
    draw: &mut Draw,
    now: DateTime<Utc>,
) -> Option<TaskRow> {
    let word = if !one.hardships.is_empty() && draw.of_thousand(600) {
        "hardship_follow_up"
    } else {
        draw.weighted(&[("condolence", 60), ("home_visit", 30), ("plaque_check", 10)])
    };
    let kind = kinds.iter().find(|kind| kind.code.as_str() == word)?;
    let today = clock::day(now);
    let windows = [(None, 70), (window(540, 720), 15), (window(840, 1020), 15)];
    let window = draw.weighted(&windows);
    let skilled = draw.of_thousand(60);
    let draft = Draft {
        id: TaskId(identity::id(n, draw)),
        grid: one.grid,
        beneficiary: Some(one.id),
        place: one.place,
        not_before: today,
        due_on: today.checked_add_days(Days::new(draw.below(7) as u64))?,
        window,
        by: None,
        origin: None,
    };
    let mut row = TaskRow::open(&draft, kind, now);
    if skilled {
        row.skills = Skills::from(["medical".parse().ok()?]).into();
    }
    Some(row)
}
