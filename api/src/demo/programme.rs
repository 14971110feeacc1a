//! The programme of the demo: a campaign for the Spring Festival that is half done, with visits and
//! goods, one for Army Day that waits for its approval, and regimes that run.

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike as _, Days, NaiveDate, TimeDelta, Utc};
use gridward_domain::area::AreaCode;
use gridward_domain::campaign::CampaignState;
use gridward_domain::channel::Channel;
use gridward_domain::feast::Feast;
use gridward_domain::goods::PlaqueRule;
use gridward_domain::id::CampaignId;
use gridward_domain::range::{CalendarYear, GoodsQuantity};

use super::constant::parsed;
use super::draw::Draw;
use super::staff::Staff;
use super::visits::{Visit, Visits};
use super::{duties, gifts, identity};
use crate::beneficiary::store::record_contact;
use crate::campaign::store::{self as campaigns, CampaignRow};
use crate::catalogue::ServiceKind;
use crate::clock;
use crate::crypto::SealingKey;
use crate::db::column::JsonColumn;
use crate::db::{Conn, DbError};
use crate::goods::handout_store::HandoutRow;
use crate::goods::plan::ItemForEach;
use crate::goods::store::{ItemRow, MovementRow, StockRow};
use crate::load::record::DistrictRecords;
use crate::regime::store as regimes;
use crate::task::occasion::OccasionRow;
use crate::task::report_row::ReportRow;
use crate::task::row::TaskRow;
use crate::task::words::{Goods, TaskWords};

/// The filter of the Spring Festival, and the same for a beneficiary of the demo.
const FILTER: &str = r#"{"all":[{"lives_alone":true},{"age":{"from":75}}]}"#;
const FROM_AGE: i32 = 75;
/// The filter of Army Day.
const OF_ARMY_DAY: &str = r#"{"category":["combat_veteran","disabled_veteran"]}"#;
/// The kind of the visits of both.
const KIND: &str = "condolence";

/// What was added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Added {
    /// Campaigns.
    pub campaigns: usize,
    /// Visits of campaigns.
    pub visits: usize,
    /// Hand-outs.
    pub handouts: usize,
    /// Regimes.
    pub regimes: usize,
}

/// Adds the programme, with visits of one of these kinds.
///
/// # Errors
/// [`DbError`].
pub fn add(
    conn: &mut Conn,
    key: &SealingKey,
    (records, kinds): (&DistrictRecords, &[ServiceKind]),
    now: DateTime<Utc>,
) -> Result<Option<Added>, DbError> {
    let Some(staff) = Staff::of(records) else { return Ok(None) };
    let kind = kinds.iter().find(|kind| kind.code.as_str() == KIND);
    let Some(kind) = kind else { return Ok(None) };
    let Some(made) = programme(records, (&staff, kind), key, now)? else { return Ok(None) };
    insert(conn, &made)?;
    let duties = duties::regime_rows(&staff, now);
    for row in &duties {
        regimes::put(conn, None, row)?;
    }
    Ok(Some(Added {
        campaigns: made.campaigns.len(),
        visits: made.visits.len(),
        handouts: made.handouts.len(),
        regimes: duties.len(),
    }))
}

/// The rows of the goods, the visits and the campaigns.
struct Programme {
    items: Vec<ItemRow>,
    stocks: Vec<StockRow>,
    movements: Vec<MovementRow>,
    visits: Vec<Visit>,
    handouts: Vec<HandoutRow>,
    campaigns: Vec<CampaignRow>,
}

fn insert(conn: &mut Conn, made: &Programme) -> Result<(), DbError> {
    ItemRow::insert_all(conn, &made.items.iter().collect::<Vec<_>>())?;
    StockRow::insert_all(conn, &made.stocks.iter().collect::<Vec<_>>())?;
    MovementRow::insert_all(conn, &made.movements.iter().collect::<Vec<_>>())?;
    let tasks: Vec<&TaskRow> = made.visits.iter().map(|visit| &visit.task).collect();
    TaskRow::insert_all(conn, &tasks)?;
    let occasions: Vec<&OccasionRow> = made.visits.iter().map(|visit| &visit.occasion).collect();
    OccasionRow::insert_all(conn, &occasions)?;
    let reports = made.visits.iter().filter_map(|visit| visit.report.as_ref());
    ReportRow::insert_all(conn, &reports.collect::<Vec<_>>())?;
    for visit in &made.visits {
        if let Some((home, visitor, day)) = visit.contact() {
            let district = visit.task.district;
            record_contact(conn, district, home, visitor, (day, Channel::Visit))?;
        }
    }
    HandoutRow::insert_all(conn, &made.handouts.iter().collect::<Vec<_>>())?;
    for row in &made.campaigns {
        campaigns::put(conn, None, row)?;
    }
    Ok(())
}

fn item(
    district: AreaCode,
    code: &str,
    names: [&str; 3],
    receipt: bool,
) -> Result<ItemRow, DbError> {
    Ok(ItemRow {
        district,
        code: parsed(code)?,
        name: parsed(names[0])?,
        name_en: parsed(names[1])?,
        unit: parsed(names[2])?,
        has_serial: false,
        once: false,
        needs_receipt: receipt,
        active: true,
        plaque: None,
        version: 1,
    })
}

fn programme(
    records: &DistrictRecords,
    (staff, kind): (&Staff, &ServiceKind),
    key: &SealingKey,
    now: DateTime<Utc>,
) -> Result<Option<Programme>, DbError> {
    let today = clock::day(now);
    let (Some(year), Some(army_day)) = (next_festival(today), next_army_day(today)) else {
        return Ok(None);
    };
    let district = staff.district;
    let mut items = vec![
        item(district, "rice_10kg", ["大米10公斤", "Rice, 10 kg", "袋"], true)?,
        item(district, "letter", ["慰问信", "Letter of greetings", "封"], false)?,
    ];
    let mut draw = Draw::new(7, "programme");
    let festival = festival((staff, kind), (&items, year), &mut draw, now)?;
    let (visits, handouts) = half(records, (&festival, kind, &items), (staff, key), now)?;
    let (stocks, movements) = gifts::stocks(staff, &items, &handouts, &mut draw, now);
    let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    let festival = CampaignRow {
        created_tasks: count(visits.len()),
        planned_handouts: count(handouts.len()),
        ..festival
    };
    let army_day = army_day_draft((staff, &festival), (&items[1..], army_day), &mut draw, now)?;
    let plaque = PlaqueRule {
        handed_out: parsed("hung")?,
        damaged: Some(parsed("damaged")?),
        declined: Some(parsed("declined")?),
        withdrawn: Some(parsed("withdrawn")?),
        restored: Some(parsed("pending")?),
        returned: Some(parsed("pending")?),
    };
    let plaque = JsonColumn::of(plaque).map_err(|error| DbError::corrupt("goods_items", error))?;
    items.push(ItemRow {
        has_serial: true,
        once: true,
        plaque: Some(plaque),
        ..item(district, "plaque", ["光荣牌", "Plaque of honour", "块"], true)?
    });
    let campaigns = vec![festival, army_day];
    Ok(Some(Programme { items, stocks, movements, visits, handouts, campaigns }))
}

/// The visits and the hand-outs of the campaign, about half of them made.
fn half(
    records: &DistrictRecords,
    (campaign, kind, items): (&CampaignRow, &ServiceKind, &[ItemRow]),
    (staff, key): (&Staff, &SealingKey),
    now: DateTime<Utc>,
) -> Result<(Vec<Visit>, Vec<HandoutRow>), DbError> {
    let brought = items
        .iter()
        .map(|item| Goods { name: item.name.clone(), quantity: GoodsQuantity::of::<1>() });
    let words = TaskWords { goods: brought.collect(), ..TaskWords::default() };
    let of = Visits::of(records, (campaign, kind, words), (staff, key), now)?;
    let (occasion, year) = (campaign.occasion()?, clock::day(now).year());
    let is_member = |age: i32, alone: bool| alone && age >= FROM_AGE;
    let (mut draw, mut given) = (Draw::new(7, "visits"), Draw::new(7, "hand-outs"));
    let (mut visits, mut handouts) = (Vec::new(), Vec::new());
    for home in &records.beneficiaries {
        if !is_member(year - home.birth_year.get(), home.lives_alone) {
            continue;
        }
        let Some(visit) = of.visit(visits.len(), home, &mut draw)? else { continue };
        for item in items {
            let of = (campaign, item, &occasion);
            handouts.push(gifts::handout(handouts.len(), (home, &visit), of, key, &mut given)?);
        }
        visits.push(visit);
    }
    Ok((visits, handouts))
}

/// The year of the next Spring Festival.
fn next_festival(today: NaiveDate) -> Option<CalendarYear> {
    let coming =
        |year: &CalendarYear| Feast::SpringFestival.day(*year).is_some_and(|day| day >= today);
    years(today).find(coming)
}

/// The next 1 August.
fn next_army_day(today: NaiveDate) -> Option<(CalendarYear, NaiveDate)> {
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
    ItemForEach { item: item.code.clone(), quantity: GoodsQuantity::of::<1>() }
}

/// The campaign of the Spring Festival: launched a fortnight ago, for a fortnight more.
fn festival(
    (staff, kind): (&Staff, &ServiceKind),
    (items, year): (&[ItemRow], CalendarYear),
    draw: &mut Draw,
    now: DateTime<Utc>,
) -> Result<CampaignRow, DbError> {
    let (today, ago) = (clock::day(now), now - TimeDelta::days(14));
    Ok(CampaignRow {
        district: staff.district,
        id: CampaignId(identity::id(0, draw)),
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
        words: None,
        edited_by: staff.supervisor,
        approved_by: Some(staff.admin),
        approved_at: Some((ago - TimeDelta::days(1)).naive_utc()),
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
fn army_day_draft(
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
