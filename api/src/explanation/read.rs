//! Why a task is with its assignee and on its day, by the plan that assigned it.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Utc};
use gridward_domain::area::AreaCode;
use gridward_domain::authority::{Action, Principal, permits};
use gridward_domain::channel::Channel;
use gridward_domain::id::{PersonId, PlanId, TaskId};
use gridward_domain::visibility::View;

use super::hindrance::Hindrance;
use super::model::{AssignmentExplanation, Candidate, WhyPerson, WhyThen};
use super::sentences::{self, Sentence, Who};
use crate::crypto::SealingKey;
use crate::db::{Conn, DbError};
use crate::http::problem::{Problem, ProblemCode};
use crate::person;
use crate::person::start::RouteStart;
use crate::person::store::{self as people, PersonRow};
use crate::plan::plan_state;
use crate::plan::why::{self, StoredAlternative, StoredVerdict, StoredVisit};
use crate::task::perform;
use crate::task::row::TaskRow;
use crate::vocabulary::{self, Vocabulary, VocabularyName};

/// The labels of skills.
pub(super) struct Skills(Vocabulary);

impl Skills {
    /// Reads the vocabulary.
    pub(super) fn read(conn: &mut Conn, principal: &Principal) -> Result<Self, DbError> {
        vocabulary::store::one(conn, principal.district(), VocabularyName::Skills).map(Self)
    }

    /// The sentence of a hindrance.
    pub(super) fn sentence(&self, who: Who<'_>, found: &Hindrance) -> Sentence {
        let label = |code: &str| match self.0.word(code) {
            Some(word) => (word.label_zh.as_str().to_owned(), word.label_en.as_str().to_owned()),
            None => (code.to_owned(), code.to_owned()),
        };
        let missing: Vec<_> = found.missing.iter().map(|skill| label(skill.as_str())).collect();
        sentences::hindered(who, found.code, found.short.unwrap_or_default(), &missing)
    }
}

/// How sentences refer to people: by name, where the caller may read them.
pub(super) struct Known {
    reader: PersonId,
    people: HashMap<PersonId, (String, AreaCode, RouteStart)>,
}

impl Known {
    /// Opens the names among `rows` that the caller may read.
    pub(super) fn of<'r>(
        key: &SealingKey,
        principal: &Principal,
        rows: impl IntoIterator<Item = &'r PersonRow>,
        without_home: &HashSet<PersonId>,
    ) -> Result<Self, DbError> {
        let may = permits(principal.role, Action::ReadPeople);
        let shown = |row: &&PersonRow| may && principal.area.contains(&row.area);
        let rows = rows.into_iter().filter(shown);
        let named = rows.map(|row| {
            let start = RouteStart::of(!without_home.contains(&row.id));
            Ok((row.id, (row.particulars(key)?.name, row.area, start)))
        });
        Ok(Self { reader: principal.person, people: named.collect::<Result<_, DbError>>()? })
    }

    /// How a sentence refers to the person.
    pub(super) fn who(&self, person: PersonId) -> Who<'_> {
        if person == self.reader {
            return Who::You;
        }
        self.people.get(&person).map_or(Who::Another, |(name, ..)| Who::Named(name))
    }

    /// The candidate without a verdict, with the fields that the caller may read.
    pub(super) fn candidate(&self, person: PersonId) -> Candidate {
        let shown = self.people.get(&person);
        let own = person == self.reader;
        Candidate {
            person_id: (own || shown.is_some()).then_some(person),
            person_name: shown.map(|(name, ..)| name.clone()),
            area: shown.map(|(_, area, _)| *area),
            starts_at: shown.map(|(.., start)| *start),
            reach: None,
            is_assignee: false,
            cost: None,
            hindrance: None,
            sentence: Sentence::default(),
        }
    }
}

/// The explanation of the task.
///
/// # Errors
/// 404 outside the scope, and if no plan assigned the task.
pub(super) fn explanation(
    conn: &mut Conn,
    key: &SealingKey,
    principal: &Principal,
    id: TaskId,
    now: DateTime<Utc>,
) -> Result<AssignmentExplanation, Problem> {
    let (row, view) = perform::visible(conn, principal, id, now)?;
    let assignee = row.life()?.state.assignee();
    let planned = row.plan.zip(assignee);
    let (plan, person) = planned.ok_or_else(|| Problem::from(ProblemCode::NotPlanned))?;
    let visit = why::of_task(conn, row.district, plan, id)?;
    let visit = visit.filter(|visit| visit.person == person);
    let visit = visit.ok_or_else(|| Problem::from(ProblemCode::NotPlanned))?;
    let order = row.planned_order;
    explained(conn, key, principal, (&row, view), &Planned { plan, visit, order })
}

/// The explanation of the visit that a plan has for the task, whether or not the plan is applied.
///
/// # Errors
/// 404 outside the scope, and if the plan has no visit of the task by a person; 409 while the plan is
/// computed.
pub(super) fn of_plan(
    conn: &mut Conn,
    key: &SealingKey,
    principal: &Principal,
    (plan, task): (PlanId, TaskId),
    now: DateTime<Utc>,
) -> Result<AssignmentExplanation, Problem> {
    plan_state::computed(conn, &principal.scope(), plan)?;
    let (row, view) = perform::visible(conn, principal, task, now)?;
    let visit = why::of_task(conn, row.district, plan, task)?;
    let visit = visit.ok_or_else(|| Problem::from(ProblemCode::NotPlanned))?;
    let order = Some(why::order(conn, (row.district, plan), (task, &visit))?);
    explained(conn, key, principal, (&row, view), &Planned { plan, visit, order })
}

/// The visit of a plan.
struct Planned {
    plan: PlanId,
    visit: StoredVisit,
    /// Its position on the day of its person.
    order: Option<i32>,
}

/// The explanation of the visit to a reader with this view of the task.
fn explained(
    conn: &mut Conn,
    key: &SealingKey,
    principal: &Principal,
    (row, view): (&TaskRow, View),
    Planned { plan, visit, order }: &Planned,
) -> Result<AssignmentExplanation, Problem> {
    let person_id = visit.person;
    let next = visit.why.next.iter().map(|other| other.volunteer);
    let ids: BTreeSet<PersonId> = next.chain([person_id]).collect();
    let district = row.district.range();
    let rows = ids.iter().map(|id| people::row(conn, &district, *id));
    let rows: Vec<PersonRow> = rows.filter_map(Result::transpose).collect::<Result<_, _>>()?;
    let without_home = person::start::without_home(&rows)?;
    let known = Known::of(key, principal, &rows, &without_home)?;
    // The assignee's name is shown with the task.
    let assignee = rows.iter().find(|one| one.id == person_id && view.shows_masked_name());
    let person_name =
        assignee.map(|one| Ok::<_, DbError>(one.particulars(key)?.name)).transpose()?;
    let has_home = |one: &PersonRow| one.id == person_id && !without_home.contains(&one.id);
    let starts_at = RouteStart::of(rows.iter().any(has_home));
    let who = match (person_id == principal.person, &person_name) {
        (true, _) => Who::You,
        (false, Some(name)) => Who::Named(name),
        (false, None) => Who::Another,
    };
    let code = visit.why.decisive();
    let mut person = WhyPerson {
        code,
        known: visit.why.known,
        extra_travel: visit.why.extra_travel,
        share_before: visit.why.share_before,
        share_after: visit.why.share_after,
        others: visit.why.others,
        sentence: Sentence::default(),
    };
    person.sentence = sentences::why_person(who, &person);
    let (day, start) = (visit.day, visit.start);
    let late = (day - row.due_on).num_days().max(0);
    let mut when = WhyThen {
        day,
        start,
        travel: visit.travel.filter(|_| visit.why.channel == Channel::Visit),
        starts_at,
        order: *order,
        due_on: row.due_on,
        late_days: u32::try_from(late).unwrap_or_default(),
        window: row.window()?,
        sentence: Sentence::default(),
    };
    when.sentence = sentences::why_then(&when);
    let skills = Skills::read(conn, principal)?;
    let channel = visit.why.channel;
    let others = visit.why.next.iter();
    let others = others.map(|other| self::other(&known, &skills, other, channel)).collect();
    Ok(AssignmentExplanation {
        task_id: row.id,
        plan_id: *plan,
        person_id,
        person_name,
        why: person,
        when,
        others,
    })
}

fn other(known: &Known, skills: &Skills, other: &StoredAlternative, channel: Channel) -> Candidate {
    let candidate = known.candidate(other.volunteer);
    let who = known.who(other.volunteer);
    match &other.verdict {
        StoredVerdict::Possible(cost) => {
            let sentence = sentences::possible(who, cost, channel);
            Candidate { cost: Some(*cost), sentence, ..candidate }
        }
        StoredVerdict::Hindered(reason) => {
            let found = Hindrance::stored(reason);
            let sentence = skills.sentence(who, &found);
            Candidate { hindrance: Some(found), sentence, ..candidate }
        }
    }
}
