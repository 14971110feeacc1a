//! The campaigns of the demo: one for the Spring Festival that runs, one for Army Day that waits for its approval.

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike as _, Days, NaiveDate, TimeDelta, Utc};
use gridward_domain::campaign::CampaignState;
use gridward_domain::feast::Feast;
use gridward_domain::id::CampaignId;
use gridward_domain::range::{CalendarYear, GoodsQuantity};

use super::constant::parsed;
use super::draw::Draw;
use super::identity;
use super::staff::Staff;
use crate::campaign::store::{self as campaigns, CampaignRow};
use crate::catalogue::ServiceKind;
use crate::clock;
use crate::crypto::SealingKey;
use crate::db::DbError;
use crate::goods::plan::ItemForEach;
use crate::goods::store::ItemRow;
use crate::person::Gender;
use crate::task::words::{TaskGuest, TaskWords};

/// The filter of the Spring Festival; the members have the age and live alone.
const FILTER: &str = r#"{"all":[{"lives_alone":true},{"age":{"from":75}}]}"#;
pub(super) const FROM_AGE: i32 = 75;
/// The filter of Army Day.
const OF_ARMY_DAY: &str = r#"{"category":["combat_veteran","disabled_veteran"]}"#;

/// The year of the next Spring Festival.
pub(super) fn next_festival(today: NaiveDate) -> Option<CalendarYear> {
    let coming =
        |year: &CalendarYear| Feast::SpringFestival.day(*year).is_some_and(|day| day >= today);
    years(today).find(coming)
}

/// The next 1 August.
pub(super) fn next_army_day(today: NaiveDate) -> Option<(CalendarYear, NaiveDate)> {
    let mut days = years(today).filter_map(|year| {
        let day = NaiveDate::from_ymd_opt(year.get(), 8, 1)?;
        Some((year, day))
    });
    days.find(|(_, day)| *day >= today)
}

fn years(today: NaiveDate) -> impl Iterator<Item = CalendarYear> {
    let years = [today.year(), today.year() + 1].into_iter();
    years.filter_map(|year| CalendarYear::try_from(i64::from(year)).ok())
}

fn each(item: &ItemRow) -> ItemForEach {
    ItemForEach { item: item.code.clone(), quantity: GoodsQuantity::of::<1>(), per: None }
}

/// The leader who comes along on its visits.
fn guest() -> Result<TaskGuest, DbError> {
    let name = identity::name(Gender::Male, &mut Draw::new(7, "guest"));
    Ok(TaskGuest { name: parsed(&name)?, office: parsed("区退役军人事务局局长")? })
}

/// The campaign of the Spring Festival: launched a fortnight ago, for a fortnight more.
pub(super) fn festival(
    (staff, kind): (&Staff, &ServiceKind),
    (items, year): (&[ItemRow], CalendarYear),
    key: &SealingKey,
    draw: &mut Draw,
    now: DateTime<Utc>,
) -> Result<CampaignRow, DbError> {
    let (today, ago) = (clock::day(now), now - TimeDelta::days(14));
    let id = CampaignId(identity::id(0, draw));
    let words = TaskWords { guest: Some(guest()?), ..TaskWords::default() };
    Ok(CampaignRow {
        district: staff.district,
        id,
        created_by: staff.supervisor,
        created_at: (ago - TimeDelta::days(3)).naive_utc(),
        area: staff.district,
        state: CampaignState::Launched,
        name: parsed("春节慰问独居高龄对象")?,
        name_en: parsed("Spring Festival visits to the old who live alone")?,
        occasion: parsed("spring_festival")?,
        year,
        audience: None,
        audience_version: None,
        filter: FILTER.to_owned(),
        kind: Some(kind.code.clone()),
        items: campaigns::items_text(&items.iter().map(each).collect::<Vec<_>>())?,
        first_day: clock::day(ago),
        last_day: today + Days::new(14),
        quota_per_day: None,
        words: campaigns::sealed(key, staff.district, id, &words)?,
        edited_by: staff.supervisor,
        approved_by: Some(staff.admin),
        approved_at: Some((ago - TimeDelta::days(1)).naive_utc()),
        approved_plan: None,
        launched_by: Some(staff.supervisor),
        launched_at: Some(ago.naive_utc()),
        closed_at: None,
        reached: None,
        created_tasks: 0,
        existing_tasks: 0,
        planned_handouts: 0,
        reminded_on: None,
        authors: BTreeSet::from([staff.supervisor]).into(),
        version: 4,
    })
}

/// The campaign of Army Day: a draft of the admin, for the supervisor of the demo to approve.
pub(super) fn army_day_draft(
    (staff, like): (&Staff, &CampaignRow),
    (items, (year, day)): (&[ItemRow], (CalendarYear, NaiveDate)),
    draw: &mut Draw,
    now: DateTime<Utc>,
) -> Result<CampaignRow, DbError> {
    Ok(CampaignRow {
        id: CampaignId(identity::id(1, draw)),
        created_by: staff.admin,
        created_at: (now - TimeDelta::days(1)).naive_utc(),
        state: CampaignState::Draft,
        name: parsed("八一建军节慰问参战和残疾军人")?,
        name_en: parsed("Army Day visits to combat and disabled veterans")?,
        occasion: parsed("army_day")?,
        year,
        filter: OF_ARMY_DAY.to_owned(),
        items: campaigns::items_text(&items.iter().map(each).collect::<Vec<_>>())?,
        first_day: day - Days::new(20),
        last_day: day,
        words: None,
        edited_by: staff.admin,
        approved_by: None,
        approved_at: None,
        launched_by: None,
        launched_at: None,
        created_tasks: 0,
        planned_handouts: 0,
        authors: BTreeSet::from([staff.admin]).into(),
        version: 1,
        ..like.clone()
    })
}
