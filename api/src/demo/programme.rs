//! The programme of the demo: a campaign for the Spring Festival that is half done, with goods, and
//! regimes that run.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::str::FromStr;

use chrono::{DateTime, Datelike as _, Days, NaiveDate, TimeDelta, Utc};
use gridward_domain::area::{AreaCode, Level};
use gridward_domain::authority::Role;
use gridward_domain::bounded_text::{Occasion, TaskTitle};
use gridward_domain::campaign::CampaignState;
use gridward_domain::code::ItemCode;
use gridward_domain::feast::Feast;
use gridward_domain::goods::{HandoutState, MovementAction, ReturnReason};
use gridward_domain::id::{CampaignId, HandoutId, MovementId, PersonId, RegimeId};
use gridward_domain::range::{CadenceDays, CalendarYear, GoodsQuantity, LeadDays, StockPieces};
use gridward_domain::regime::{Cadence, CadenceParts, RegimeSubject};

use super::draw::Draw;
use super::identity;
use crate::campaign::store::{self as campaigns, CampaignRow};
use crate::clock;
use crate::crypto::SealingKey;
use crate::db::{Conn, DbError};
use crate::goods::handout_model::HandoutReceipt;
use crate::goods::handout_store::{HandoutRow, HandoutSealed};
use crate::goods::plan::ItemForEach;
use crate::goods::store::{ItemRow, MovementRow, StockRow};
use crate::load::record::{BeneficiaryRecord, DistrictRecords};
use crate::regime::store::{self as regimes, RegimeRow};

/// The filter of the campaign, and the same for a beneficiary of the demo.
const FILTER: &str = r#"{"all":[{"lives_alone":true},{"age":{"from":75}}]}"#;
const FROM_AGE: i32 = 75;

/// What was added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Added {
    /// Hand-outs.
    pub handouts: usize,
    /// Regimes.
    pub regimes: usize,
}

/// Adds the programme.
///
/// # Errors
/// [`DbError`].
pub fn add(
    conn: &mut Conn,
    key: &SealingKey,
    records: &DistrictRecords,
    now: DateTime<Utc>,
) -> Result<Option<Added>, DbError> {
    let Some(staff) = Staff::of(records) else { return Ok(None) };
    let Some(made) = programme(records, &staff, key, now)? else { return Ok(None) };
    ItemRow::insert_all(conn, &made.items.iter().collect::<Vec<_>>())?;
    StockRow::insert_all(conn, &made.stocks.iter().collect::<Vec<_>>())?;
    MovementRow::insert_all(conn, &made.movements.iter().collect::<Vec<_>>())?;
    HandoutRow::insert_all(conn, &made.handouts.iter().collect::<Vec<_>>())?;
    campaigns::put(conn, None, &made.campaign)?;
    let regimes = regime_rows(&staff, now);
    for row in &regimes {
        regimes::put(conn, None, row)?;
    }
    Ok(Some(Added { handouts: made.handouts.len(), regimes: regimes.len() }))
}

/// The people who write and approve.
struct Staff {
    district: AreaCode,
    supervisor: PersonId,
    admin: PersonId,
}

impl Staff {
    fn of(records: &DistrictRecords) -> Option<Self> {
        let district = records.areas.first()?.code;
        let of = |role: Role| {
            let person = records
                .people
                .iter()
                .find(|person| person.role == role && person.area == district)?;
            Some(person.id)
        };
        Some(Self { district, supervisor: of(Role::Supervisor)?, admin: of(Role::Admin)? })
    }
}

/// The rows of the goods and the campaign.
struct Programme {
    items: Vec<ItemRow>,
    stocks: Vec<StockRow>,
    movements: Vec<MovementRow>,
    handouts: Vec<HandoutRow>,
    campaign: CampaignRow,
}

/// A parsed constant; the texts below are valid.
fn parsed<T: FromStr<Err: Display>>(text: &str) -> Result<T, DbError> {
    text.parse().map_err(|error: T::Err| DbError::corrupt("demo", error))
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
        version: 1,
    })
}

fn programme(
    records: &DistrictRecords,
    staff: &Staff,
    key: &SealingKey,
    now: DateTime<Utc>,
) -> Result<Option<Programme>, DbError> {
    let today = clock::day(now);
    let Some(year) = next_festival(today) else { return Ok(None) };
    let district = staff.district;
    let mut items = vec![
        item(district, "rice_10kg", ["大米10公斤", "Rice, 10 kg", "袋"], true)?,
        item(district, "letter", ["慰问信", "Letter of greetings", "封"], false)?,
    ];
    let mut draw = Draw::new(7, "programme");
    let campaign = campaign(staff, (&items, year), &mut draw, now)?;
    let occasion = campaign.occasion()?;
    let members = records
        .beneficiaries
        .iter()
        .filter(|one| one.lives_alone && today.year() - one.birth_year.get() >= FROM_AGE);
    let mut handouts = Vec::new();
    for home in members {
        for item in &items {
            let number = handouts.len();
            let of = (&campaign, &item.code, &occasion);
            let mut row = handout(number, home, of, &mut draw);
            settle(&mut row, (staff, key), &mut draw, now)?;
            handouts.push(row);
        }
    }
    let (stocks, movements) = stocks(staff, &items, &handouts, &mut draw, now);
    let planned = i64::try_from(handouts.len()).unwrap_or(i64::MAX);
    let campaign = CampaignRow { planned_handouts: planned, ..campaign };
    items.push(ItemRow {
        has_serial: true,
        once: true,
        ..item(district, "plaque", ["光荣牌", "Plaque of honour", "块"], true)?
    });
    Ok(Some(Programme { items, stocks, movements, handouts, campaign }))
}

/// The year of the next Spring Festival.
fn next_festival(today: NaiveDate) -> Option<CalendarYear> {
    let years = [today.year(), today.year() + 1].into_iter();
    let years = years.filter_map(|year| CalendarYear::try_from(i64::from(year)).ok());
    let coming =
        |year: &CalendarYear| Feast::SpringFestival.day(*year).is_some_and(|day| day >= today);
    years.clone().find(coming)
}

/// The campaign: launched a fortnight ago, for a fortnight more.
fn campaign(
    staff: &Staff,
    (items, year): (&[ItemRow], CalendarYear),
    draw: &mut Draw,
    now: DateTime<Utc>,
) -> Result<CampaignRow, DbError> {
    let (today, ago) = (clock::day(now), now - TimeDelta::days(14));
    let each = |item: &ItemRow| ItemForEach {
        item: item.code.clone(),
        quantity: GoodsQuantity::of::<1>(),
    };
    let name: TaskTitle = parsed("春节慰问独居高龄对象")?;
    Ok(CampaignRow {
        district: staff.district,
        id: CampaignId(identity::id(0, draw)),
        created_by: staff.supervisor,
        created_at: (ago - TimeDelta::days(3)).naive_utc(),
        area: staff.district,
        state: CampaignState::Launched,
        name,
        name_en: parsed("Spring Festival gifts for the old who live alone")?,
        occasion: parsed("spring_festival")?,
        year,
        audience: None,
        audience_version: None,
        filter: FILTER.to_owned(),
        kind: None,
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

/// A planned hand-out.
fn handout(
    number: usize,
    home: &BeneficiaryRecord,
    (campaign, item, occasion): (&CampaignRow, &ItemCode, &Occasion),
    draw: &mut Draw,
) -> HandoutRow {
    HandoutRow {
        district: campaign.district,
        id: HandoutId(identity::id(number, draw)),
        beneficiary: home.id,
        item: item.clone(),
        occasion: occasion.clone(),
        campaign: Some(campaign.id),
        state: HandoutState::Planned,
        grid: home.grid,
        station: home.grid.ancestor(Level::Village).unwrap_or(home.grid),
        quantity: GoodsQuantity::of::<1>(),
        serial: None,
        reason: None,
        person: None,
        at: None,
        sealed: None,
        version: 1,
    }
}

/// Hands out about half, and returns a few.
fn settle(
    row: &mut HandoutRow,
    (staff, key): (&Staff, &SealingKey),
    draw: &mut Draw,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let days = i64::try_from(draw.below(14)).unwrap_or_default();
    let at = Some((now - TimeDelta::days(days)).naive_utc());
    match draw.weighted(&[
        (HandoutState::Planned, 46),
        (HandoutState::HandedOut, 50),
        (HandoutState::Returned, 4),
    ]) {
        HandoutState::Planned => return Ok(()),
        HandoutState::HandedOut => {
            row.state = HandoutState::HandedOut;
            if row.item.as_str() != "letter" {
                let receipt =
                    HandoutReceipt { signed_by: parsed("（演示）签收人")?, relation: None };
                let content = HandoutSealed { receipt: Some(receipt), note: None };
                row.sealed = HandoutRow::seal(key, (row.district, row.id), &content)?;
            }
        }
        HandoutState::Returned => {
            row.state = HandoutState::Returned;
            row.reason = Some(draw.one_of(&[ReturnReason::Absent, ReturnReason::Moved]));
        }
    }
    row.at = at;
    row.person = Some(staff.supervisor);
    row.version = 2;
    Ok(())
}

/// What each station has left, and what it received: enough for all hand-outs and some more.
fn stocks(
    staff: &Staff,
    items: &[ItemRow],
    handouts: &[HandoutRow],
    draw: &mut Draw,
    now: DateTime<Utc>,
) -> (Vec<StockRow>, Vec<MovementRow>) {
    let mut counts: BTreeMap<(AreaCode, &ItemCode), (i64, i64)> = BTreeMap::new();
    for row in handouts {
        let (all, handed) = counts.entry((row.station, &row.item)).or_default();
        *all += 1;
        *handed += i64::from(row.state == HandoutState::HandedOut);
    }
    let pieces = |count: i64| StockPieces::try_from(count).unwrap_or(StockPieces::MAX);
    let (mut stocks, mut movements) = (Vec::new(), Vec::new());
    for ((area, code), (all, handed)) in counts {
        let received = all + 5;
        let Some(item) = items.iter().find(|item| item.code == *code) else { continue };
        stocks.push(StockRow {
            district: staff.district,
            area,
            item: item.code.clone(),
            quantity: pieces(received - handed),
            version: 1,
        });
        movements.push(MovementRow {
            district: staff.district,
            id: MovementId(identity::id(movements.len(), draw)),
            action: MovementAction::Received,
            item: item.code.clone(),
            area,
            to_area: None,
            quantity: pieces(received),
            difference: i32::try_from(received).unwrap_or(i32::MAX),
            handout: None,
            person: staff.supervisor,
            at: (now - TimeDelta::days(15)).naive_utc(),
            sealed: None,
        });
    }
    (stocks, movements)
}

/// A regime: Chinese and English name, filter, kind and cadence.
type Duty = (&'static str, &'static str, &'static str, &'static str, Cadence);

const DUTIES: [Duty; 4] = [
    (
        "独居对象每月走访",
        "Monthly visits to those who live alone",
        r#"{"lives_alone":true}"#,
        "home_visit",
        Cadence::EveryDays { days: CadenceDays::of::<30>() },
    ),
    (
        "烈士遗属每季度联系",
        "Quarterly contact with families of martyrs",
        r#"{"category":["martyr_family"]}"#,
        "phone_call",
        Cadence::EveryDays { days: CadenceDays::of::<90>() },
    ),
    (
        "全体对象每年走访",
        "A visit to each in a year",
        r#"{"age":{"from":0}}"#,
        "home_visit",
        Cadence::EveryDays { days: CadenceDays::of::<365>() },
    ),
    (
        "高龄独居对象生日问候",
        "Birthday calls to the old who live alone",
        r#"{"all":[{"lives_alone":true},{"age":{"from":80}}]}"#,
        "phone_call",
        Cadence::Birthday {},
    ),
];

/// The regimes, whose visits of today are prepared: those of tomorrow come in the night.
fn regime_rows(staff: &Staff, now: DateTime<Utc>) -> Vec<RegimeRow> {
    let mut draw = Draw::new(7, "regimes");
    let today = clock::day(now);
    let rows = DUTIES.into_iter().enumerate().filter_map(|(number, duty)| {
        let (name, name_en, filter, kind, cadence) = duty;
        let CadenceParts { cadence, days: cadence_days, feast } = cadence.parts();
        Some(RegimeRow {
            district: staff.district,
            id: RegimeId(identity::id(number, &mut draw)),
            area: staff.district,
            created_by: staff.admin,
            created_at: (now - TimeDelta::days(30)).naive_utc(),
            name: name.parse().ok()?,
            name_en: name_en.parse().ok()?,
            filter: filter.to_owned(),
            kind: kind.parse().ok()?,
            cadence,
            cadence_days,
            feast,
            subject: RegimeSubject::Beneficiaries,
            lead_days: LeadDays::of::<7>(),
            starts_on: today.checked_sub_days(Days::new(30))?,
            responsible: Some(staff.supervisor),
            active: true,
            ran_on: Some(today),
            edited_by: Some(staff.admin),
            activated_by: Some(staff.supervisor),
            authors: BTreeSet::from([staff.admin]).into(),
            version: 1,
        })
    });
    rows.collect()
}
