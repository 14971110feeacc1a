//! Creates a task for a beneficiary or at a place.

use chrono::{Days, NaiveDate};
use gridward_domain::area::{AreaCode, Level};
use gridward_domain::authority::{Action, Principal};
use gridward_domain::bounded_text::{Instructions, Occasion, TaskTitle};
use gridward_domain::code::KindCode;
use gridward_domain::id::{BeneficiaryId, TaskId};
use gridward_domain::place::Place;
use gridward_domain::range::{AmountFen, Priority, ServiceMinutes};
use gridward_domain::skill::{Skill, Skills};
use gridward_domain::time::Window;
use gridward_domain::visibility::View;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use super::occasion;
use super::task_origin::TaskOrigin;
use crate::beneficiary::stay::{Whereabouts, day_of_visit};
use crate::beneficiary::store::BeneficiaryRow;
use crate::catalogue::ServiceKind;
use crate::crypto::SealingKey;
use crate::db::{Conn, DbError};
use crate::http::problem::{FieldError, Problem};
use crate::idempotency::Effect;
use crate::log::{Event, Subject};
use crate::task::Task;
use crate::task::assignment::freed;
use crate::task::assignment::task_tie::{TaskTie, TieType};
use crate::task::assignment::tie::{self, NewTie};
use crate::task::row::{Draft, TaskRow};
use crate::task::view::seen;
use crate::task::words::{Goods, MOST_GOODS, TaskGuest, TaskWords};
use crate::tx::Tx;
use crate::vocabulary::{self, VocabularyName};
use crate::{area, beneficiary, catalogue, clock};

/// The most skills that are named for a task.
pub(in crate::task) const MOST_SKILLS: usize = 16;

/// A task to create. For a beneficiary, grid and place are the beneficiary's on the earliest day,
/// at home or at a temporary stay; otherwise both are required.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "kind": "home_visit", "beneficiary_id": "018d622e-06c6-75e0-82a8-eee14b60d3d8",
    "due_on": "2026-08-01", "window": {"start": 540, "end": 720}
}))]
pub struct NewTask {
    /// A kind of service of the catalogue.
    kind: KindCode,
    /// The beneficiary.
    beneficiary_id: Option<BeneficiaryId>,
    /// The grid of a task at a place.
    grid: Option<AreaCode>,
    /// The position of a task at a place.
    place: Option<Place>,
    /// Duration in minutes. Default: as in the catalogue.
    minutes: Option<ServiceMinutes>,
    /// Priority from 1 (lowest) to 10 (most urgent). Default: as in the catalogue.
    priority: Option<Priority>,
    /// Skills required in addition to those in the catalogue.
    #[serde(default)]
    #[schema(max_items = 16, value_type = Vec<Skill>)]
    skills: Skills,
    /// The earliest day of the visit. Default: today.
    #[serde(default, deserialize_with = "crate::http::day::stored_if_sent")]
    not_before: Option<NaiveDate>,
    /// The due day. Default: as in the catalogue.
    #[serde(default, deserialize_with = "crate::http::day::stored_if_sent")]
    due_on: Option<NaiveDate>,
    /// The time window within the day. Default: any time.
    window: Option<Window>,
    /// The title, without personal data.
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<TaskTitle>,
    /// What the visitor does; stored encrypted, as amount and goods.
    #[serde(skip_serializing_if = "Option::is_none")]
    instructions: Option<Instructions>,
    /// The money that the visitor hands over, in fen.
    #[serde(skip_serializing_if = "Option::is_none")]
    amount_fen: Option<AmountFen>,
    /// The goods that the visitor brings.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 50)]
    goods: Vec<Goods>,
    /// A guest who comes along, such as a leader; stored encrypted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    guest: Option<Box<TaskGuest>>,
    /// What the task is for, such as a festival. A second task of the same kind and beneficiary for
    /// it is refused with 409 `task_exists`, unless the first was cancelled or has expired.
    #[serde(skip_serializing_if = "Option::is_none")]
    occasion: Option<Occasion>,
    /// Whether a second task for the occasion is wanted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    again: bool,
    /// What ties the visit to others. With `two_people`, a second task like this one is created;
    /// `GET /v1/tasks/{id}` names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    tie: Option<NewTie>,
}

impl NewTask {
    /// A task of a kind for a beneficiary, with the defaults of the catalogue.
    pub fn for_beneficiary(kind: KindCode, beneficiary: BeneficiaryId) -> Self {
        Self {
            kind,
            beneficiary_id: Some(beneficiary),
            grid: None,
            place: None,
            minutes: None,
            priority: None,
            skills: Skills::default(),
            not_before: None,
            due_on: None,
            window: None,
            title: None,
            instructions: None,
            amount_fen: None,
            goods: Vec::new(),
            guest: None,
            occasion: None,
            again: false,
            tie: None,
        }
    }

    /// The same for a visit that two people make together.
    #[must_use]
    pub fn by_two(self) -> Self {
        Self { tie: Some(NewTie::TwoPeople {}), ..self }
    }

    /// The same with another due day and with instructions, if given.
    #[must_use]
    pub fn with(self, due_on: Option<NaiveDate>, instructions: Option<Instructions>) -> Self {
        Self { due_on, instructions, ..self }
    }

    /// The location of the task, if the principal may create it there.
    fn authorized(&self, tx: &mut Tx<'_>, principal: &Principal) -> Result<Location, Problem> {
        principal.may(Action::CreateTask)?;
        let today = clock::day(tx.now);
        location_of(tx.read_unbatched(), principal, self, today)
    }
}

/// The location of a new task.
enum Location {
    At(Whereabouts),
    /// Where the beneficiary is on the day of the visit.
    Of(Box<BeneficiaryRow>),
}

impl Location {
    fn on(&self, key: &SealingKey, day: NaiveDate) -> Result<Whereabouts, DbError> {
        match self {
            Self::At(place) => Ok(*place),
            Self::Of(row) => row.whereabouts_on(key, day),
        }
    }
}

impl Effect for NewTask {
    type Made = Task;

    fn action(&self) -> &'static str {
        "task.create"
    }

    fn request(&self) -> Value {
        json!(self)
    }

    fn authorize(&self, tx: &mut Tx<'_>, principal: &Principal) -> Result<(), Problem> {
        self.authorized(tx, principal).map(drop)
    }

    fn shown(&self, tx: &mut Tx<'_>, principal: &Principal, made: Task) -> Result<Task, Problem> {
        seen::seen_now(tx, principal, made)
    }
}

/// Creates the task.
///
/// # Errors
/// 422 with an entry for each field that contradicts another or the district, including a
/// beneficiary or grid outside the caller's area; 409 for an occasion that has its task, and for a merged duplicate.
pub fn create(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    principal: &Principal,
    new: &NewTask,
) -> Result<Task, Problem> {
    create_from(tx, key, principal, new, None)
}

/// Creates the task that follows from `origin`.
///
/// # Errors
/// As [`create`].
pub fn create_from(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    principal: &Principal,
    new: &NewTask,
    origin: Option<TaskOrigin>,
) -> Result<Task, Problem> {
    let location = new.authorized(tx, principal)?;
    if let Location::Of(row) = &location {
        row.check_unmerged(key)?;
    }
    let kind = catalogue::store::one(tx.read_unbatched(), principal.district(), new.kind.as_str())?
        .ok_or_else(|| Problem::invalid("/kind", "is not in the catalogue"))?;
    if !kind.active {
        return Err(Problem::invalid("/kind", "is archived"));
    }
    let today = clock::day(tx.now);
    let not_before = new.not_before.unwrap_or(today);
    let usual = not_before.checked_add_days(Days::new(kind.due_days.into())).unwrap_or(not_before);
    let due_on = new.due_on.unwrap_or(usual);
    let unknown = unknown_skills(tx, principal, &new.skills)?;
    check(new, not_before, due_on, unknown)?;
    let Whereabouts { grid, place } = location.on(key, day_of_visit(today, not_before, None))?;
    let draft = Draft {
        id: TaskId(Uuid::now_v7()),
        grid,
        beneficiary: new.beneficiary_id,
        place,
        not_before,
        due_on,
        window: new.window,
        by: Some(principal.person),
        origin,
    };
    let kind = ServiceKind {
        minutes: new.minutes.unwrap_or(kind.minutes),
        priority: new.priority.unwrap_or(kind.priority),
        skills: kind.skills.union(&new.skills).cloned().collect(),
        ..kind
    };
    let words = TaskWords {
        instructions: new.instructions.clone(),
        amount_fen: new.amount_fen,
        goods: new.goods.clone(),
        guest: new.guest.as_deref().cloned(),
    };
    let row = TaskRow {
        title: new.title.clone(),
        occasion: new.occasion.clone(),
        words: words.sealed(key, grid.district(), draft.id)?,
        ..TaskRow::open(&draft, &kind, tx.now)
    };
    occasion::take(tx, &row, new.again)?;
    let row = match new.tie {
        None => row,
        Some(NewTie::SamePerson { task_id }) => row.tied(tie::to_other(tx, principal, task_id)?),
        Some(NewTie::TwoPeople {}) => {
            let id = row.id;
            let row = row.tied(TaskTie { r#type: TieType::TwoPeople, id });
            let second = TaskId(Uuid::now_v7());
            let sealed = words.sealed(key, row.district, second)?;
            insert(tx, principal, TaskRow { id: second, words: sealed, ..row.clone() })?;
            row
        }
    };
    insert(tx, principal, row.clone())?;
    Ok(row.task(View::Pool)?)
}

fn insert(tx: &mut Tx<'_>, principal: &Principal, row: TaskRow) -> Result<(), DbError> {
    tx.record(
        Event::new("task.create", Subject::Task, row.id, row.grid, 1)
            .by(principal.person)
            .with(json!({ "kind": row.kind })),
    );
    freed::created(tx, &row)?;
    tx.insert(row);
    Ok(())
}

/// The location of the task: a current or merged beneficiary or a grid, within the principal's area.
fn location_of(
    conn: &mut Conn,
    principal: &Principal,
    new: &NewTask,
    today: NaiveDate,
) -> Result<Location, Problem> {
    match (new.beneficiary_id, new.grid, new.place) {
        (Some(id), None, None) => {
            let row = beneficiary::store::row(conn, &principal.district().range(), id)?;
            let is_known = |row: &BeneficiaryRow| row.is_current() || row.is_merged();
            let row = row.filter(|row| is_known(row) && row.is_within(&principal.area, today));
            let row = row.ok_or_else(|| {
                Problem::invalid("/beneficiary_id", "no beneficiary in your area has this id")
            })?;
            Ok(Location::Of(Box::new(row)))
        }
        (None, Some(grid), Some(place)) => {
            let known = grid.level() == Level::Grid
                && principal.area.contains(&grid)
                && area::store::current(conn, &grid)?.is_some();
            if known {
                Ok(Location::At(Whereabouts { grid, place }))
            } else {
                Err(Problem::invalid("/grid", "is not a grid in your area"))
            }
        }
        _ => Err(Problem::invalid("", "requires either beneficiary_id, or both grid and place")),
    }
}

/// An error for each skill that is no word of the district.
pub(in crate::task) fn unknown_skills(
    tx: &mut Tx<'_>,
    principal: &Principal,
    skills: &Skills,
) -> Result<Vec<FieldError>, Problem> {
    if skills.is_empty() {
        return Ok(Vec::new());
    }
    let (conn, district) = (tx.read_unbatched(), principal.district());
    let known = vocabulary::store::one(conn, district, VocabularyName::Skills)?;
    let unknown = skills.iter().filter_map(|skill| {
        let unknown = known.check(skill.as_str()).err()?;
        Some(FieldError::new("/skills", format!("{skill} {unknown}")))
    });
    Ok(unknown.collect())
}

/// Checks the ranges that the types do not enforce, besides the `errors` that are known.
fn check(
    new: &NewTask,
    not_before: NaiveDate,
    due_on: NaiveDate,
    mut errors: Vec<FieldError>,
) -> Result<(), Problem> {
    if new.skills.len() > MOST_SKILLS {
        errors.push(FieldError::new("/skills", format!("at most {MOST_SKILLS}")));
    }
    if new.goods.len() > MOST_GOODS {
        errors.push(FieldError::new("/goods", format!("at most {MOST_GOODS}")));
    }
    for (pointer, day) in [("/not_before", not_before), ("/due_on", due_on)] {
        if let Err(error) = clock::within_reach(&day) {
            errors.push(FieldError::new(pointer, error));
        }
    }
    if due_on < not_before {
        errors.push(FieldError::new("/due_on", "must not be before not_before"));
    }
    Problem::refuse(errors)
}
