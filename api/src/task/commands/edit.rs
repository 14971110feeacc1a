//! Edits the words, the duration, the priority and the skills of a task.

use std::collections::BTreeSet;

use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, patch};
use gridward_domain::authority::{Action, Principal};
use gridward_domain::bounded_text::{Instructions, TaskTitle};
use gridward_domain::id::TaskId;
use gridward_domain::range::{AmountFen, Priority, ServiceMinutes};
use gridward_domain::skill::{Skill, Skills};
use gridward_domain::task::Phase;
use gridward_domain::visibility::View;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::command::VisitTime;
use super::read_set;
use crate::auth::Authenticated;
use crate::crypto::{KeyRing, SealingKey};
use crate::db::DbError;
use crate::http::problem::{FieldError, Problem, ProblemCode};
use crate::http::{IfMatch, Json as Body, deserialize, openapi, versioned};
use crate::idempotency::{Commands, Effect, IdempotencyKey};
use crate::log::{Event, Subject};
use crate::task::Task;
use crate::task::assignment::freed;
use crate::task::creation::create::{MOST_SKILLS, unknown_skills};
use crate::task::row::TaskRow;
use crate::task::schedule::overlap;
use crate::task::view::seen;
use crate::task::words::{Goods, MOST_GOODS, TaskGuest, TaskWords};
use crate::tx::{ReadSet, Tx};

/// New values of a task; absent fields stay unchanged, and `null` removes.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(clippy::option_option, reason = "absent, null and a value differ")]
#[schema(example = json!({"title": "春节慰问", "instructions": "带上春联", "amount_fen": 50_000}))]
pub struct TaskEdit {
    /// The title, without personal data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(deserialize_with = "deserialize::present")]
    #[schema(value_type = Option<TaskTitle>)]
    title: Option<Option<TaskTitle>>,
    /// What the visitor does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(deserialize_with = "deserialize::present")]
    #[schema(value_type = Option<Instructions>)]
    instructions: Option<Option<Instructions>>,
    /// The money that the visitor hands over, in fen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(deserialize_with = "deserialize::present")]
    #[schema(value_type = Option<AmountFen>)]
    amount_fen: Option<Option<AmountFen>>,
    /// All goods that the visitor brings.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 50)]
    goods: Option<Vec<Goods>>,
    /// The guest who comes along.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(deserialize_with = "deserialize::present")]
    #[schema(value_type = Option<TaskGuest>)]
    guest: Option<Option<Box<TaskGuest>>>,
    /// Duration in minutes. A longer visit that would overlap another one of its person is 409
    /// `visit_overlap`, and one into an absence of its person 409 `assignee_away`, without `force`.
    #[serde(skip_serializing_if = "Option::is_none")]
    minutes: Option<ServiceMinutes>,
    /// Priority from 1 (lowest) to 10 (most urgent).
    #[serde(skip_serializing_if = "Option::is_none")]
    priority: Option<Priority>,
    /// All skills that the assignee must have.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 16, value_type = Option<Vec<Skill>>)]
    skills: Option<Skills>,
    /// Whether the visit becomes longer although the person has another one at that time.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    force: bool,
}

/// An edit of a task, sent by a call.
struct Edit {
    task: TaskId,
    base: IfMatch,
    changes: TaskEdit,
    keys: KeyRing,
}

impl Effect for Edit {
    type Made = Task;

    fn action(&self) -> &'static str {
        "task.edit"
    }

    fn request(&self) -> Value {
        json!({ "task_id": self.task, "edit": self.changes })
    }

    fn read_set(&self, principal: &Principal) -> ReadSet {
        read_set::of_command(principal, self.task, None, None)
    }

    fn authorize(&self, tx: &mut Tx<'_>, principal: &Principal) -> Result<(), Problem> {
        directed(tx, principal, self.task).map(drop)
    }

    fn shown(&self, tx: &mut Tx<'_>, principal: &Principal, made: Task) -> Result<Task, Problem> {
        let key = self.keys.key(tx.read_unbatched(), principal.district())?;
        let row = tx.find::<TaskRow>(made.id)?;
        let task = seen::seen_now(tx, principal, made)?;
        Ok(match row {
            Some(row) => task.with(row.words(&key, View::Staff)?),
            None => task,
        })
    }
}

/// Edit a task
///
/// Changes the words, the duration, the priority or the skills of an unfinished task. Requires
/// `If-Match`. Allowed roles: managers, supervisors and admins.
#[utoipa::path(
    tag = "tasks",
    operation_id = "edit_task",
    params(("id" = TaskId, Path, description = "The task")),
    request_body(content = TaskEdit, description = "The new values"),
    responses((status = OK, description = "The task", body = Task), openapi::Decide),
)]
#[patch("/tasks/{id}")]
pub(crate) async fn edit_task(
    commands: Data<Commands>,
    keys: Data<KeyRing>,
    Authenticated(principal): Authenticated,
    id: Path<TaskId>,
    base: IfMatch,
    key: IdempotencyKey,
    Body(edit): Body<TaskEdit>,
) -> Result<HttpResponse, Problem> {
    let call = Edit { task: *id, base, changes: edit, keys: keys.get_ref().clone() };
    let done = Box::pin(commands.run(principal, key, call, apply)).await?;
    Ok(done.answer(versioned::at_version(HttpResponse::Ok(), done.made.version)))
}

/// The task, if the principal may direct it.
fn directed(tx: &mut Tx<'_>, principal: &Principal, id: TaskId) -> Result<TaskRow, Problem> {
    let row = seen::visible_now(tx, principal, id)?;
    principal.may(Action::DirectTask)?;
    if principal.area.contains(&row.grid) { Ok(row) } else { Err(ProblemCode::Forbidden.into()) }
}

fn apply(
    call: &Edit,
    tx: &mut Tx<'_>,
    key: &SealingKey,
    principal: &Principal,
) -> Result<Task, Problem> {
    let row = directed(tx, principal, call.task)?;
    let current = row.task(View::Staff)?.with(row.words(key, View::Staff)?);
    call.base.check(row.version, &current)?;
    if !Phase::UNFINISHED.contains(&row.state) {
        return Err(Problem::from(ProblemCode::TaskPhase).showing(&current));
    }
    check(tx, principal, &call.changes)?;
    let (next, fields) = edited(key, &row, call.changes.clone())?;
    if fields.is_empty() {
        return Ok(row.task(View::Pool)?);
    }
    if next.minutes > row.minutes
        && !call.changes.force
        && let Some((day, start)) = row.planned_on.zip(row.planned_start)
    {
        overlap::check_longer(tx, principal, &row, (VisitTime { day, start }, next.minutes))?;
    }
    let next = TaskRow { version: row.version + 1, updated_at: tx.now.naive_utc(), ..next };
    let event = Event::new("task.edit", Subject::Task, row.id, row.grid, next.version);
    let event = event.assignees(row.assignee, row.assignee).by(principal.person);
    tx.record(event.with(json!({ "fields": fields })));
    tx.replace(&row, next.clone());
    freed::changed(tx, &row, &next)?;
    Ok(next.task(View::Pool)?)
}

fn check(tx: &mut Tx<'_>, principal: &Principal, edit: &TaskEdit) -> Result<(), Problem> {
    let skills = edit.skills.clone().unwrap_or_default();
    let mut errors = unknown_skills(tx, principal, &skills)?;
    if skills.len() > MOST_SKILLS {
        errors.push(FieldError::new("/skills", format!("at most {MOST_SKILLS}")));
    }
    if edit.goods.as_ref().is_some_and(|goods| goods.len() > MOST_GOODS) {
        errors.push(FieldError::new("/goods", format!("at most {MOST_GOODS}")));
    }
    Problem::refuse(errors)
}

/// The row with the new values, and the names of the changed fields.
fn edited(
    key: &SealingKey,
    row: &TaskRow,
    edit: TaskEdit,
) -> Result<(TaskRow, BTreeSet<&'static str>), DbError> {
    let mut fields = BTreeSet::new();
    let mut words = row.words(key, View::Staff)?;
    let mut next = row.clone();
    let mut set = |name, is_new: bool| {
        if is_new {
            fields.insert(name);
        }
    };
    if let Some(title) = edit.title {
        set("title", title != next.title);
        next.title = title;
    }
    if let Some(instructions) = edit.instructions {
        set("instructions", instructions != words.instructions);
        words.instructions = instructions;
    }
    if let Some(amount) = edit.amount_fen {
        set("amount_fen", amount != words.amount_fen);
        words.amount_fen = amount;
    }
    if let Some(goods) = edit.goods {
        set("goods", goods != words.goods);
        words.goods = goods;
    }
    if let Some(guest) = edit.guest {
        let guest = guest.map(|guest| *guest);
        set("guest", guest != words.guest);
        words.guest = guest;
    }
    if let Some(minutes) = edit.minutes {
        set("minutes", minutes != next.minutes);
        next.minutes = minutes;
    }
    if let Some(priority) = edit.priority {
        set("priority", priority != next.priority);
        next.priority = priority;
    }
    if let Some(skills) = edit.skills {
        set("skills", skills != *next.skills.members());
        next.skills = skills.into();
    }
    next.words = words.sealed(key, row.district, row.id)?;
    Ok((next, fields))
}

impl TaskRow {
    /// The words that a view shows.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub fn words(&self, key: &SealingKey, view: View) -> Result<TaskWords, DbError> {
        TaskWords::shown(key, (self.district, self.id), self.words.as_deref(), view)
    }
}
