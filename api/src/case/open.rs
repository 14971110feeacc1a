//! Opens cases.

use gridward_domain::area::{AreaCode, Level};
use gridward_domain::authority::{Action, Principal, Role};
use gridward_domain::bounded_text::{Note, RegisterId};
use gridward_domain::case;
use gridward_domain::code::CaseClass;
use gridward_domain::id::{BeneficiaryId, CaseId, PersonId, ReportId};
use serde_json::{Value, json};
use uuid::Uuid;

use super::entry_store::{self, EntrySealed, NewEntry};
use super::event::event;
use super::row::{CaseRow, CaseSealed, PlacedCase};
use super::{
    Case, CaseEntryAction, CaseKind, CaseSource, NewCase, kind_store, records, store, visit,
};
use crate::beneficiary::store::BeneficiaryRow;
use crate::crypto::SealingKey;
use crate::db::DbError;
use crate::http::problem::Problem;
use crate::idempotency::{CommandId, Effect};
use crate::station::store::StationRow;
use crate::tx::Tx;
use crate::workday;
use crate::{area, beneficiary, clock, station};

/// A case to be opened by a person.
#[derive(Clone, Debug)]
pub struct Opening {
    /// The case.
    pub new: NewCase,
    /// The id of the command, if it has one.
    pub id: Option<CommandId>,
}

/// A matter: what a new case is about.
#[derive(Clone, Debug)]
pub struct Matter {
    /// The class.
    pub class: Option<CaseClass>,
    /// The beneficiary.
    pub beneficiary: Option<BeneficiaryId>,
    /// The grid of the beneficiary, or the area of a matter that is no beneficiary's.
    pub area: AreaCode,
    /// How it came.
    pub source: CaseSource,
    /// The report that found it.
    pub report: Option<ReportId>,
    /// The station at whose desk it came, and the area of that.
    pub station: Option<(RegisterId, AreaCode)>,
    /// Whether it is urgent.
    pub urgent: bool,
    /// A description.
    pub detail: Option<Note>,
}

impl Effect for Opening {
    type Made = Case;

    fn action(&self) -> &'static str {
        "case.open"
    }

    fn request(&self) -> Value {
        json!(self.new)
    }

    fn authorize(&self, tx: &mut Tx<'_>, principal: &Principal) -> Result<(), Problem> {
        self.kind(tx, principal)?;
        self.area(tx, principal).map(drop)
    }
}

impl Opening {
    /// The kind, if the principal sees it.
    fn kind(&self, tx: &mut Tx<'_>, principal: &Principal) -> Result<CaseKind, Problem> {
        principal.may(Action::WorkCases)?;
        let kind = kind_store::one(tx.read_unbatched(), principal.district(), &self.new.kind)?;
        let kind = kind.filter(|kind| kind.is_shown_to(principal.role));
        kind.ok_or_else(|| Problem::invalid("/kind", "is no kind of case"))
    }

    /// The area of the matter, which is in the principal's, or is that of a beneficiary whom the principal visits.
    fn area(&self, tx: &mut Tx<'_>, principal: &Principal) -> Result<AreaCode, Problem> {
        match (self.new.beneficiary_id, self.new.area) {
            (Some(id), None) => Ok(home(tx, principal, id)?.grid),
            (None, Some(area)) if principal.area.contains(&area) => {
                area::known::in_body(tx.read_unbatched(), area, "/area")?;
                Ok(area)
            }
            (None, Some(_)) => Err(Problem::invalid("/area", "must be in your area")),
            _ => Err(Problem::invalid("", "must have one of beneficiary_id and area")),
        }
    }

    /// Opens the case.
    ///
    /// # Errors
    /// 403; 409 for an ended or merged beneficiary; 422.
    pub(super) fn run(
        &self,
        tx: &mut Tx<'_>,
        key: &SealingKey,
        principal: &Principal,
    ) -> Result<Case, Problem> {
        let kind = self.kind(tx, principal)?;
        let new = &self.new;
        if new.beneficiary_id.is_none() && !kind.beneficiary.is_optional() {
            let detail = "is required by this kind of case";
            return Err(Problem::invalid("/beneficiary_id", detail));
        }
        let area = self.area(tx, principal)?;
        if let Some(id) = new.beneficiary_id {
            let row = home(tx, principal, id)?;
            row.check_current(key).map_err(|problem| {
                let is_shown = principal.area.contains(&row.grid);
                if is_shown { problem } else { problem.without_current() }
            })?;
        }
        if !kind.active {
            return Err(Problem::invalid("/kind", "is archived"));
        }
        if (new.source == CaseSource::Report) != new.report_id.is_some() {
            let detail = "is required for the source report, and for no other";
            return Err(Problem::invalid("/report_id", detail));
        }
        if new.source == CaseSource::Proposal {
            return Err(Problem::invalid("/source", "is for needs that a manager accepts"));
        }
        let station = self.station(tx, principal, area)?;
        self.check_report(tx, principal)?;
        let matter = Matter {
            class: new.class.clone(),
            beneficiary: new.beneficiary_id,
            area,
            source: new.source,
            report: new.report_id,
            station,
            urgent: new.urgent,
            detail: new.detail.clone().filter(|text| !text.as_str().trim().is_empty()),
        };
        let id = self.new_id(tx, principal)?;
        let placed = open(tx, key, &kind, (id, principal.person), matter)?;
        Ok(Case { class: new.class.clone(), ..placed.case(tx.now) })
    }

    /// Checks that the report is of a visit to the beneficiary.
    fn check_report(&self, tx: &mut Tx<'_>, principal: &Principal) -> Result<(), Problem> {
        let Some(report) = self.new.report_id else { return Ok(()) };
        let of = store::beneficiary_of(tx.read()?, principal.district(), report)?;
        if of.is_some() && of == self.new.beneficiary_id {
            return Ok(());
        }
        Err(Problem::invalid("/report_id", "no report of a visit to the beneficiary has this id"))
    }

    /// The station and its area, if it is a current one that serves the principal's area, and that of a matter outside
    /// of it, and the matter came to a desk.
    fn station(
        &self,
        tx: &mut Tx<'_>,
        principal: &Principal,
        area: AreaCode,
    ) -> Result<Option<(RegisterId, AreaCode)>, Problem> {
        let Some(id) = &self.new.station else { return Ok(None) };
        if !self.new.source.is_at_a_desk() {
            return Err(Problem::invalid("/station", "is for matters that came to a station"));
        }
        let row = station::store::row(tx.read_unbatched(), principal.district(), id.as_str())?;
        let outside = Some(area).filter(|area| !principal.area.contains(area));
        let serves = |row: &StationRow| {
            row.serves(&principal.area) && outside.is_none_or(|area| row.serves(&area))
        };
        match row.filter(|row| row.valid_to.is_none() && serves(row)) {
            Some(row) => Ok(Some((id.clone(), row.area))),
            None => Err(Problem::invalid("/station", "no station of your area has this id")),
        }
    }

    fn new_id(&self, tx: &mut Tx<'_>, principal: &Principal) -> Result<CaseId, DbError> {
        let command = self.id.as_ref().and_then(CommandId::uuid).map(CaseId);
        let district = principal.district();
        let id = match command {
            Some(id) if store::exists(tx.read_unbatched(), district, id)? => None,
            id => id,
        };
        Ok(id.unwrap_or_else(|| CaseId(Uuid::now_v7())))
    }
}

/// The beneficiary, who lives in the area of the principal or is visited by the principal.
fn home(
    tx: &mut Tx<'_>,
    principal: &Principal,
    id: BeneficiaryId,
) -> Result<BeneficiaryRow, Problem> {
    let now = tx.now;
    let row = beneficiary::store::row(tx.read_unbatched(), &principal.district().range(), id)?;
    if let Some(row) = row
        && (principal.area.contains(&row.grid)
            || visit::is_visitor(tx.read()?, principal, id, now)?)
    {
        return Ok(row);
    }
    let detail = match principal.role {
        Role::Manager => "no beneficiary in your area or of your visits has this id",
        _ => "no beneficiary in your area has this id",
    };
    Err(Problem::invalid("/beneficiary_id", detail))
}

/// Opens a case of the kind for `finder`.
///
/// # Errors
/// 422 for a class that the kind does not have.
pub fn open(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    kind: &CaseKind,
    (id, finder): (CaseId, PersonId),
    matter: Matter,
) -> Result<PlacedCase, Problem> {
    let (district, now, today) = (tx.district, tx.now.naive_utc(), clock::day(tx.now));
    kind_store::keep(tx.write_unbatched(), district, kind)?;
    let days = workday::store::days(tx.read_unbatched(), district, today, None)?;
    let is_working = |day| days.is_working(day);
    let Matter { class, beneficiary, area, source, report, station, urgent, detail } = matter;
    let level = if beneficiary.is_some() { Level::Grid } else { area.level() };
    // What came to a desk begins there: the station's own staff acts, and that of the step may act too.
    let desk = station.as_ref().map(|(_, area)| area.level());
    let what = (class, urgent, level, desk);
    let opened = case::open(&kind.path(), what, Some(finder), today, &is_working);
    let life = opened.map_err(|why| Problem::invalid("/class", why.to_string()))?;
    let (sealed_class, class) =
        if kind.sensitive_class { (life.class, None) } else { (None, life.class) };
    let content = CaseSealed { detail, class: sealed_class };
    let row = CaseRow {
        district,
        id,
        kind: kind.code.clone(),
        kind_version: kind.version,
        class,
        area: beneficiary.is_none().then_some(area),
        source,
        report,
        station: station.map(|(id, _)| id),
        urgent,
        opened_by: finder,
        opened_at: now,
        sealed: CaseRow::seal(key, district, id, &content)?,
        beneficiary,
        step: life.step,
        waits_for: life.waits_for,
        begun_at: now,
        asked_by: Some(finder),
        due_on: life.due_on,
        escalates_on: life.escalates_on,
        task: None,
        result: life.result,
        version: 1,
    };
    records::keep(tx, kind, &row)?;
    store::put(tx.write_unbatched(), None, &row)?;
    let entry = NewEntry {
        action: CaseEntryAction::Open,
        at: now,
        person: Some(finder),
        from: None,
        to: row.step.clone(),
        taken: None,
        waits_for: row.waits_for,
    };
    entry_store::add(tx.write_unbatched(), key, (district, id), entry, &EntrySealed::default())?;
    let placed = PlacedCase { row, area, has_ended: false };
    let at = placed.row.station.as_ref().map(|station| ("station", json!(station)));
    tx.record(event("case.open", kind.is_confidential(), &placed, at).by(finder));
    Ok(placed)
}
