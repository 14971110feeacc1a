//! The programme of the demo: a campaign for the Spring Festival that is half done, with visits and
//! goods, one for Army Day that waits for its approval, and the services of all documents, whose regimes run.

use chrono::{DateTime, Datelike as _, TimeDelta, Utc};
use gridward_domain::code::Need;
use gridward_domain::range::GoodsQuantity;
use gridward_domain::task::Outcome;

use super::campaigns::{FROM_AGE, army_day_draft, festival, next_army_day, next_festival};
use super::draw::Draw;
use super::errand::{Destination, Errand, Progress};
use super::rounds::Duty;
use super::staff::Staff;
use super::visitors::Visitors;
use super::visits::{self, Visit, Visits};
use super::{duties, gifts, lawyers, services};
use crate::campaign::store::{self as campaigns, CampaignRow};
use crate::catalogue::ServiceKind;
use crate::clock;
use crate::crypto::SealingKey;
use crate::db::{Conn, DbError};
use crate::goods::handout_store::HandoutRow;
use crate::goods::movement_store::MovementRow;
use crate::goods::store::{ItemRow, StockRow};
use crate::load::record::DistrictRecords;
use crate::regime::store as regimes;
use crate::service::model::ServiceDocument;
use crate::task::words::{Goods, TaskWords};

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
    /// Visits of regimes.
    pub rounds: usize,
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
    let documents = services::documents()?;
    let items = services::items(staff.district, &documents)?;
    let needs = visited_needs(&documents);
    let Some(made) = programme((records, &items, &needs), (&staff, kind), key, now)? else {
        return Ok(None);
    };
    services::install(conn, staff.district, &documents)?;
    lawyers::add(conn, key, records)?;
    insert(conn, &made)?;
    let kinds = [kinds.to_vec(), services::kinds(&documents)].concat();
    let duties = duties::regime_rows((records, &staff), &documents, now)?;
    for row in &duties {
        regimes::put(conn, None, row)?;
    }
    let earlier = &made.visits;
    let duty = Duty { records, staff: &staff, kinds: &kinds, earlier, key, now };
    let rounds = duty.add(conn, &duties)?;
    Ok(Some(Added {
        campaigns: made.campaigns.len(),
        visits: made.visits.len(),
        handouts: made.handouts.len(),
        regimes: duties.len(),
        rounds,
    }))
}

/// A need of each regime of the documents that visits for some.
fn visited_needs(documents: &[ServiceDocument]) -> Vec<Need> {
    let regimes = documents.iter().flat_map(|document| &document.regimes);
    regimes.filter_map(|regime| regime.cadence.parts().needs.pop_first()).collect()
}

/// The rows of the stocks, the visits and the campaigns.
struct Programme {
    stocks: Vec<StockRow>,
    movements: Vec<MovementRow>,
    visits: Vec<Visit>,
    handouts: Vec<HandoutRow>,
    campaigns: Vec<CampaignRow>,
}

fn insert(conn: &mut Conn, made: &Programme) -> Result<(), DbError> {
    StockRow::insert_all(conn, &made.stocks.iter().collect::<Vec<_>>())?;
    MovementRow::insert_all(conn, &made.movements.iter().collect::<Vec<_>>())?;
    visits::insert(conn, &made.visits)?;
    HandoutRow::insert_all(conn, &made.handouts.iter().collect::<Vec<_>>())?;
    for row in &made.campaigns {
        campaigns::put(conn, None, row)?;
    }
    Ok(())
}

/// The items with these codes.
fn items_of(all: &[ItemRow], codes: &[&str]) -> Vec<ItemRow> {
    let of = |code: &&str| all.iter().find(|item| item.code.as_str() == *code).cloned();
    codes.iter().filter_map(of).collect()
}

fn programme(
    (records, items, needs): (&DistrictRecords, &[ItemRow], &[Need]),
    (staff, kind): (&Staff, &ServiceKind),
    key: &SealingKey,
    now: DateTime<Utc>,
) -> Result<Option<Programme>, DbError> {
    let today = clock::day(now);
    let (Some(year), Some(army_day)) = (next_festival(today), next_army_day(today)) else {
        return Ok(None);
    };
    let of_festival = items_of(items, &["rice_10kg", "spring_festival_letter"]);
    let of_army_day = items_of(items, &["army_day_letter"]);
    let mut draw = Draw::new(7, "programme");
    let festival = festival((staff, kind), (&of_festival, year), key, &mut draw, now)?;
    let of = (&festival, kind, of_festival.as_slice());
    let (visits, handouts) = half((records, needs), of, (staff, key), now)?;
    let (stocks, movements) = gifts::stocks(staff, items, &handouts, &mut draw, now);
    let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    let festival = CampaignRow {
        created_tasks: count(visits.len()),
        planned_handouts: count(handouts.len()),
        ..festival
    };
    let army_day = army_day_draft((staff, &festival), (&of_army_day, army_day), &mut draw, now)?;
    let campaigns = vec![festival, army_day];
    Ok(Some(Programme { stocks, movements, visits, handouts, campaigns }))
}

/// The visits and the hand-outs of the campaign, about half of them made; the first ones that were made found these needs
/// yesterday, one each.
fn half(
    (records, needs): (&DistrictRecords, &[Need]),
    (campaign, kind, items): (&CampaignRow, &ServiceKind, &[ItemRow]),
    (staff, key): (&Staff, &SealingKey),
    now: DateTime<Utc>,
) -> Result<(Vec<Visit>, Vec<HandoutRow>), DbError> {
    let brought = items
        .iter()
        .map(|item| Goods { name: item.name.clone(), quantity: GoodsQuantity::of::<1>() });
    let words = TaskWords { goods: brought.collect(), ..campaign.words(key)? };
    let visitors = Visitors::of(records, staff);
    let launched = campaign.launched_at.map_or(now, |at| at.and_utc());
    let of = Visits {
        title: Some(campaign.name.clone()),
        kind,
        words,
        by: campaign.launched_by,
        responsible: None,
        visitors: &visitors,
        key,
        now,
    };
    let (occasion, year) = (campaign.occasion()?, clock::day(now).year());
    let is_member = |age: i32, alone: bool| alone && age >= FROM_AGE;
    let (mut draw, mut given) = (Draw::new(7, "visits"), Draw::new(7, "hand-outs"));
    let (mut visits, mut handouts) = (Vec::new(), Vec::new());
    let mut to_find = needs.iter();
    let yesterday = clock::midnight(clock::day(now)) - TimeDelta::hours(14);
    for home in &records.beneficiaries {
        if !is_member(year - home.birth_year.get(), home.lives_alone) {
            continue;
        }
        let progress = progress_of(visits.len());
        let is_made = progress == Progress::Reported(Outcome::Done);
        let found = if is_made { to_find.next() } else { None };
        let at = moment(&mut draw, now);
        let errand = Errand {
            occasion: Some(occasion.clone()),
            created_at: launched,
            days: (campaign.first_day, campaign.last_day),
            progress,
            at: found.map_or(at, |_| yesterday),
            needs: found.cloned().into_iter().collect(),
        };
        let visit = of.visit(visits.len(), Destination::home(home), errand, &mut draw)?;
        let Some(visit) = visit else { continue };
        for item in items {
            let of = (campaign, item, &occasion);
            handouts.push(gifts::handout(handouts.len(), (home, &visit), of, key, &mut given)?);
        }
        visits.push(visit);
    }
    Ok((visits, handouts))
}

/// The shares in percent: about half of the visits are made.
const SHARES: [(Progress, usize); 6] = [
    (Progress::Open, 20),
    (Progress::Assigned, 14),
    (Progress::Accepted, 10),
    (Progress::Reported(Outcome::Done), 50),
    (Progress::Reported(Outcome::NotHome), 4),
    (Progress::Reported(Outcome::Refused), 2),
];

/// What has become of the visit of the campaign with this number: the shares are even in every part of the list, and the
/// first visit is open, so that the smallest demo has one to make.
fn progress_of(number: usize) -> Progress {
    // 37 and 100 have no common factor.
    let mut rank = number * 37 % 100;
    for (progress, share) in SHARES {
        match rank.checked_sub(share) {
            Some(rest) => rank = rest,
            None => return progress,
        }
    }
    Progress::Open
}

/// A moment of a day of the last fortnight.
fn moment(draw: &mut Draw, now: DateTime<Utc>) -> DateTime<Utc> {
    let mut number = |below: usize| i64::try_from(draw.below(below)).unwrap_or_default();
    let day = clock::day(now - TimeDelta::days(number(14)));
    (clock::midnight(day) + TimeDelta::minutes(540 + number(480))).min(now)
}
