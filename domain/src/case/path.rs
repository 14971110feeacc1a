//! The path of a kind of case: a graph of steps and moves.

use std::collections::{BTreeMap, BTreeSet};

use super::{CaseResult, MoveEffect};
use crate::area::Level;
use crate::code::{CaseClass, MoveCode, StepCode, WordCode};
use crate::range::StepDays;

/// The path of a kind of case. A case begins at the first step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CasePath {
    /// The classes of the kind; with none, a case has no class.
    pub classes: Vec<CaseClass>,
    /// The steps, ends included.
    pub steps: Vec<CaseStep>,
}

/// A step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "independent properties of a step")]
pub struct CaseStep {
    /// Its code, unique on the path.
    pub code: StepCode,
    /// The level whose staff act: the manager of the grid, a supervisor of the village, the town or
    /// the district, or an admin.
    pub level: Level,
    /// The level for cases of a class, where it differs.
    pub levels: BTreeMap<CaseClass, Level>,
    /// The working days until the case escalates to the next level; `None` for no clock.
    pub days: Option<StepDays>,
    /// The working days for cases of a class, where they differ.
    pub days_by_class: BTreeMap<CaseClass, StepDays>,
    /// Whether a case is granted only if this step approves it.
    pub decides: bool,
    /// Whether an urgent case may be granted without this decision.
    pub waived_if_urgent: bool,
    /// Whether another person must act than those who opened the case and brought it to the step. A
    /// person of the next level may act as well, since a level may have one person only.
    pub two_people: bool,
    /// Whether the step waits for a task that is created as the step begins.
    pub awaits_task: bool,
    /// Whether a case gets something of its own there: answers, an amount, documents, or what it leaves in the register.
    pub has_content: bool,
    /// The documents without which a case does not go forward from the step.
    pub required: Vec<RequiredDocument>,
    /// The result, at an end; `None` elsewhere.
    pub result: Option<CaseResult>,
    /// The permitted moves; none at an end.
    pub moves: Vec<CaseMove>,
}

/// A document without which a case does not go forward from a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequiredDocument {
    /// Its code.
    pub code: WordCode,
    /// Whether an urgent case goes forward without it.
    pub waived_if_urgent: bool,
}

/// A move from one step to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseMove {
    /// Its code, unique within the step.
    pub code: MoveCode,
    /// The next step.
    pub to: StepCode,
    /// What it means for the decision of the step.
    pub effect: MoveEffect,
    /// The classes of cases that may take it; empty for all.
    pub classes: BTreeSet<CaseClass>,
    /// Whether only urgent cases may take it.
    pub urgent_only: bool,
    /// Whether a case may go forward by it although the task of the step ended undone, and only then where the step has
    /// another way forward.
    pub without_task: bool,
}

/// What the moves of a case depend on: its class and whether it is urgent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Variant<'a> {
    pub(super) class: Option<&'a CaseClass>,
    pub(super) urgent: bool,
}

impl CaseMove {
    /// Whether a case of the variant may take it.
    pub(super) fn permits(&self, variant: Variant<'_>) -> bool {
        let of_class = self.classes.is_empty()
            || variant.class.is_some_and(|class| self.classes.contains(class));
        of_class && (variant.urgent || !self.urgent_only)
    }
}

impl CaseStep {
    /// The level whose staff act at the step for a case of this class.
    pub fn level_for(&self, class: Option<&CaseClass>) -> Level {
        class.and_then(|class| self.levels.get(class)).copied().unwrap_or(self.level)
    }

    /// The working days at the step for a case of this class; `None` for no clock.
    pub fn days_for(&self, class: Option<&CaseClass>) -> Option<StepDays> {
        class.and_then(|class| self.days_by_class.get(class)).copied().or(self.days)
    }

    /// The documents that the step requires of a case and that are not among `stored`.
    pub fn missing(&self, urgent: bool, stored: &BTreeSet<WordCode>) -> Vec<WordCode> {
        let required = self.required.iter().filter(|one| !(urgent && one.waived_if_urgent));
        let codes = required.map(|one| &one.code).filter(|code| !stored.contains(*code));
        codes.cloned().collect()
    }

    /// Whether a case of the variant gets no further by the step than by the step `from`: nothing is decided, awaited or
    /// recorded there, and its moves lead where those of `from` lead, or back.
    pub(super) fn adds_nothing_to(&self, from: &Self, variant: Variant<'_>) -> bool {
        let is_work = self.decides || self.two_people || self.awaits_task || self.has_content;
        if is_work || !self.required.is_empty() || self.result.is_some() {
            return false;
        }
        let leads_to =
            |to: &StepCode| from.moves.iter().any(|one| one.to == *to && one.permits(variant));
        let mut moves = self.moves.iter().filter(|one| one.permits(variant));
        moves.all(|one| one.to == from.code || leads_to(&one.to))
    }

    /// Whether a case of the variant is granted only if the step approves it.
    pub(super) const fn is_required(&self, variant: Variant<'_>) -> bool {
        self.decides && !(self.waived_if_urgent && variant.urgent)
    }
}

impl CasePath {
    /// Whether the move goes forward: it neither returns nor refuses the case, nor gives it up. It rests on the work of its
    /// step then, but for the task of one that may do without that.
    pub(super) fn goes_forward(&self, taken: &CaseMove) -> bool {
        let end = self.step(&taken.to).and_then(|to| to.result);
        let ends_without = matches!(end, Some(CaseResult::Refused | CaseResult::Dropped));
        matches!(taken.effect, MoveEffect::Advance | MoveEffect::Approve) && !ends_without
    }

    /// The step at which a case begins.
    pub fn first(&self) -> Option<&CaseStep> {
        self.steps.first()
    }

    /// The step with this code.
    pub fn step(&self, code: &StepCode) -> Option<&CaseStep> {
        self.steps.iter().find(|step| step.code == *code)
    }

    /// Whether the class of a case decides who acts at a step, how long it may take or which moves it has.
    pub fn depends_on_class(&self) -> bool {
        self.steps.iter().any(|step| {
            let moves = step.moves.iter().any(|one| !one.classes.is_empty());
            moves || !step.levels.is_empty() || !step.days_by_class.is_empty()
        })
    }

    /// Every document that some step requires.
    pub fn required_documents(&self) -> BTreeSet<WordCode> {
        let required = self.steps.iter().flat_map(|step| &step.required);
        required.map(|document| document.code.clone()).collect()
    }

    /// Every variant of a case.
    pub(super) fn variants(&self) -> impl Iterator<Item = Variant<'_>> {
        let classes: Vec<Option<&CaseClass>> = match self.classes.as_slice() {
            [] => vec![None],
            classes => classes.iter().map(Some).collect(),
        };
        let both = |class| [false, true].map(|urgent| Variant { class, urgent });
        classes.into_iter().flat_map(both)
    }
}
