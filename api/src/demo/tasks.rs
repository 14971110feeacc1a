//! A week's tasks for a made-up district: about one household of five is due.

use chrono::{DateTime, Days, Utc};
use gridward_dispatch::id::TaskId;
use gridward_dispatch::task::Phase;

use super::draw::Draw;
use super::identity;
use crate::catalogue::ServiceKind;
use crate::clock;
use crate::load::record::BeneficiaryRecord;
use crate::task::row::TaskRow;

/// How many of a thousand households have a task in a week: 12,000 of 62,000.
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
    let kind = kinds.iter().find(|kind| kind.code == word)?;
    let today = clock::day(now);
    let window = draw.weighted(&[(None, 70), (Some((540, 720)), 15), (Some((840, 1020)), 15)]);
    let (start, end) = window.unzip();
    let skills = if draw.of_thousand(60) { "medical" } else { "" };
    Some(TaskRow {
        district: one.grid.district().to_string(),
        id: TaskId(identity::id(n, draw)).to_string(),
        grid: one.grid.to_string(),
        kind: kind.code.clone(),
        beneficiary: Some(one.id.to_string()),
        lat: one.place.lat(),
        lon: one.place.lon(),
        minutes: i32::try_from(kind.minutes).ok()?,
        priority: i32::from(kind.priority),
        skills: skills.to_owned(),
        not_before: today,
        due_on: today.checked_add_days(Days::new(draw.below(7) as u64))?,
        window_start: start,
        window_end: end,
        state: Phase::Open.word().to_owned(),
        assignee: None,
        planned_on: None,
        planned_start: None,
        planned_minutes: None,
        plan: None,
        created_by: None,
        created_at: now.naive_utc(),
        updated_at: now.naive_utc(),
        version: 1,
    })
}
