//! Which rows of a scope a range of the log has changed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::str::FromStr;

use gridward_domain::area::AreaCode;
use gridward_domain::code::ItemCode;
use gridward_domain::id::{
    BeneficiaryId, CaseId, CorrectionId, HandoutId, NoticeId, PersonId, TaskId,
};

use super::event_store::EventRef;
use super::scope::Scope;
use crate::case::exchange::EXCHANGE;
use crate::case::retention::DELETION;
use crate::db::{DbError, parsed};
use crate::goods::plan::PLAN_HANDOUTS;
use crate::goods::visitors::VISITORS;
use crate::holiday::HolidayId;
use crate::log::Subject;
use crate::notice;

/// Actions on the district that change no row of a phone: all others cost each phone a snapshot.
const WITHOUT_ROWS: [&str; 4] = [
    "district.feedback",
    "district.feedback_answer",
    "import.headings",
    "planning_settings.replace",
];

/// The changes in a scope by a range of the log.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "each marks another kind of row as changed")]
pub(super) struct ChangeSet {
    /// Everything may have changed: the phone needs a new snapshot.
    pub(super) everything: bool,
    pub(super) catalogue: bool,
    pub(super) vocabularies: bool,
    /// The person's own row, or the notices about the own account.
    pub(super) me: bool,
    /// People whose availability the phone may have.
    pub(super) people: BTreeSet<PersonId>,
    pub(super) notices: BTreeSet<NoticeId>,
    pub(super) corrections: BTreeSet<CorrectionId>,
    pub(super) registers: ChangedRegisters,
    pub(super) handouts: ChangedHandouts,
    pub(super) cases: ChangedCases,
    pub(super) beneficiaries: BTreeSet<BeneficiaryId>,
    /// Those of them whose events name the person, who has visited them: the phone may have had them.
    pub(super) visited: BTreeSet<BeneficiaryId>,
    /// By id: whether the phone may have it.
    pub(super) tasks: BTreeMap<TaskId, bool>,
}

/// The ids of rows that may have changed.
#[derive(Default)]
pub(super) struct ChangedRegisters {
    pub(super) stations: BTreeSet<String>,
    pub(super) memorials: BTreeSet<String>,
    pub(super) holidays: BTreeSet<HolidayId>,
    pub(super) goods_items: BTreeSet<ItemCode>,
}

/// The hand-outs that may have changed.
#[derive(Default)]
pub(super) struct ChangedHandouts {
    /// The number of the first event of the range; `None` without one.
    pub(super) first: Option<i64>,
    /// Those of a campaign were planned: any of the grid may be new.
    pub(super) planned: bool,
    /// Those that were handed out, returned or given to another entry.
    pub(super) ids: BTreeSet<HandoutId>,
    /// Those of them whose events name the person, who visits their beneficiary or did before: the phone may have had them.
    pub(super) named: BTreeSet<HandoutId>,
    /// The visits that are, or were, the person's.
    pub(super) visits: BTreeSet<TaskId>,
}

/// The cases that may have changed.
#[derive(Default)]
pub(super) struct ChangedCases {
    /// A kind of case was changed: its names, its steps or who sees it.
    pub(super) kinds: bool,
    /// Those that were opened, moved or raised.
    pub(super) ids: BTreeSet<CaseId>,
    /// Those that went to another beneficiary by a merge or its undo.
    pub(super) exchanged: BTreeSet<CaseId>,
    /// Open ones of the grid that were deleted.
    pub(super) deleted: BTreeSet<CaseId>,
}

impl ChangeSet {
    pub(super) fn of(scope: &Scope, events: &[EventRef]) -> Result<Self, DbError> {
        let first = events.first().map(|event| event.seq);
        let handouts = ChangedHandouts { first, ..ChangedHandouts::default() };
        let mut news = Self { handouts, ..Self::default() };
        for event in events {
            match event.subject {
                Subject::District => news.everything |= event.changes_rows(),
                Subject::ServiceKind => news.catalogue = true,
                Subject::Vocabulary => news.vocabularies = true,
                Subject::Person if event.is_for(scope) => {
                    news.me |= event.is_about(scope.person());
                    news.people.insert(event.id()?);
                }
                Subject::Notice if event.is_for(scope) => {
                    news.notices.insert(event.id()?);
                }
                Subject::Correction if event.is_by(scope.person()) => {
                    news.corrections.insert(event.id()?);
                }
                Subject::Station if event.reaches(scope) => {
                    news.registers.stations.insert(event.subject_id.clone());
                }
                Subject::Memorial if event.reaches(scope) => {
                    news.registers.memorials.insert(event.subject_id.clone());
                }
                Subject::Holiday => {
                    news.registers.holidays.insert(event.id()?);
                }
                Subject::GoodsItem if event.is_for(scope) => {
                    news.registers.goods_items.insert(event.id()?);
                }
                Subject::Campaign if event.is_for(scope) => news.handouts.planned = true,
                Subject::Handout if scope.has_handouts() && event.concerns(scope) => {
                    news.handouts.ids.insert(event.id()?);
                    if event.is_by(scope.person()) {
                        news.handouts.named.insert(event.id()?);
                    }
                }
                Subject::CaseKind => {
                    // What a kind of service opens depends on who may see the kind of case.
                    news.catalogue = true;
                    news.cases.kinds |= scope.has_cases();
                }
                Subject::Case if event.is_for(scope) => {
                    let cases = &mut news.cases;
                    let of = match event.action.as_str() {
                        EXCHANGE => &mut cases.exchanged,
                        DELETION if event.area == scope.area() => &mut cases.deleted,
                        _ => &mut cases.ids,
                    };
                    of.insert(event.id()?);
                }
                Subject::Beneficiary if event.concerns(scope) => {
                    news.beneficiaries.insert(event.id()?);
                    if event.is_by(scope.person()) {
                        news.visited.insert(event.id()?);
                    }
                }
                Subject::Task if event.concerns(scope) => {
                    if scope.visits() && event.is_by(scope.person()) {
                        news.handouts.visits.insert(event.id()?);
                    }
                    *news.tasks.entry(event.id()?).or_default() |= event.was_shown(scope);
                }
                _ => {}
            }
        }
        Ok(news)
    }
}

impl EventRef {
    /// The id of its subject.
    fn id<Id>(&self) -> Result<Id, DbError>
    where
        Id: FromStr<Err: Display>,
    {
        parsed("events", &self.subject_id)
    }

    /// Whether an event of the district may have changed rows of phones.
    fn changes_rows(&self) -> bool {
        !WITHOUT_ROWS.contains(&self.action.as_str())
    }

    fn is_about(&self, person: PersonId) -> bool {
        self.subject_id.parse() == Ok(person)
    }

    /// The areas of the event, before and after.
    pub(super) fn areas(&self) -> impl Iterator<Item = AreaCode> {
        std::iter::once(self.area).chain(self.area_before)
    }

    /// The assignees of the subject, before and after.
    pub(super) fn people(&self) -> impl Iterator<Item = PersonId> {
        self.person.into_iter().chain(self.person_before)
    }

    /// Whether the person has proposed the correction of the event, read its notice, has or had its task, or visits or
    /// has visited its beneficiary, or that of its hand-out.
    fn is_by(&self, person: PersonId) -> bool {
        self.people().any(|one| one == person)
    }

    /// Whether the event concerns the scope's area or a task assigned to its person,
    /// before or after.
    fn concerns(&self, scope: &Scope) -> bool {
        self.people().any(|person| person == scope.person())
            || self.areas().any(|area| scope.area().contains(&area))
    }

    /// Whether a phone of the scope has something to fetch after this event.
    pub(super) fn is_for(&self, scope: &Scope) -> bool {
        match self.subject {
            Subject::District
            | Subject::ServiceKind
            | Subject::CaseKind
            | Subject::Vocabulary
            | Subject::Holiday => true,
            Subject::Person => {
                self.is_about(scope.person()) || scope.manages_grid() && self.concerns(scope)
            }
            Subject::Correction => self.is_by(scope.person()),
            // The mark of a reader changes the notice on the reader's devices only.
            Subject::Notice if self.action == notice::read::ACTION => self.is_by(scope.person()),
            Subject::Notice | Subject::Station | Subject::Memorial => self.reaches(scope),
            Subject::Beneficiary => {
                let visits = self.people().any(|person| person == scope.person());
                visits || (scope.holds_area() && self.concerns(scope))
            }
            Subject::Task => self.was_shown(scope) && self.concerns(scope),
            Subject::GoodsItem => scope.has_goods(),
            // A hint would name hand-outs to beneficiaries whom a volunteer does not visit.
            Subject::Handout => scope.has_handouts() && !scope.helps() && self.concerns(scope),
            // The event of a confidential case has the area of the district.
            Subject::Case => scope.has_cases() && self.reaches(scope),
            // A campaign plans the hand-outs of many grids with one event, which names visitors from elsewhere.
            Subject::Campaign if matches!(self.action.as_str(), PLAN_HANDOUTS | VISITORS) => {
                scope.has_handouts() && (self.reaches(scope) || self.is_by(scope.person()))
            }
            Subject::Area
            | Subject::Regime
            | Subject::Secondment
            | Subject::GoodsMovement
            | Subject::Plan
            | Subject::Proposal
            | Subject::Attachment
            | Subject::Audience
            | Subject::Campaign
            | Subject::CampaignTemplate
            | Subject::Command
            | Subject::Reading => false,
        }
    }

    /// Whether the subject reaches the scope's person, before or after the event: its area is
    /// in the person's or around it.
    fn reaches(&self, scope: &Scope) -> bool {
        let mine = scope.area();
        self.areas().any(|area| area.contains(&mine) || mine.contains(&area))
    }

    /// Whether the phone may have the task from before or after this event: volunteers
    /// do not receive tasks assigned to others in their grid. The state after the event
    /// counts too, because a row may be newer than the cursor when it is read.
    fn was_shown(&self, scope: &Scope) -> bool {
        let shown = |person: Option<PersonId>| person.is_none_or(|person| person == scope.person());
        !scope.helps() || shown(self.person_before) || shown(self.person)
    }
}
