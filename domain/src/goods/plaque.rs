//! The state of a beneficiary's plaque in the register, which follows the hand-outs of an item, and who is entitled
//! to it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{HandoutState, HandoutStep, ReturnReason};
use crate::audience::{Condition, Filter};
use crate::code::{CaseClass, CaseKindCode, Categories, Category, PlaqueState};

/// The states of the plaque that follow what is done with an item, words of the vocabulary
/// `plaque_states`. What has no state leaves the plaque as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "schema", schema(example = json!({
    "handed_out": "hung", "damaged": "damaged", "withdrawn": "withdrawn", "restored": "pending",
    "returned": "pending"
})))]
#[serde(deny_unknown_fields)]
pub struct PlaqueRule {
    /// The beneficiary has got the item.
    pub handed_out: PlaqueState,
    /// It has come back damaged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub damaged: Option<PlaqueState>,
    /// It has come back because the beneficiary did not want it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declined: Option<PlaqueState>,
    /// The district has withdrawn it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn: Option<PlaqueState>,
    /// The district has restored the right to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restored: Option<PlaqueState>,
    /// It has come back for another reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub returned: Option<PlaqueState>,
    /// The categories that entitle a beneficiary to it, words of the vocabulary `categories`: others get none. Default:
    /// everyone is entitled.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    #[cfg_attr(feature = "schema", schema(required = false, max_items = 64, value_type = Vec<Category>))]
    pub entitled: BTreeSet<Category>,
    /// The states in which a plaque counts as present in the coverage, besides `handed_out`.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    #[cfg_attr(feature = "schema", schema(required = false, max_items = 64, value_type = Vec<PlaqueState>))]
    pub present: BTreeSet<PlaqueState>,
    /// The case that decides a withdrawal. Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawal: Option<DecidingCase>,
    /// The case that decides a restoration. Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restoration: Option<DecidingCase>,
}

/// The case of a beneficiary that must have been approved before the district acts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "schema", schema(example = json!({ "kind": "plaque", "class": "withdraw" })))]
#[serde(deny_unknown_fields)]
pub struct DecidingCase {
    /// The kind of case.
    pub kind: CaseKindCode,
    /// The class, if the kind has classes. Default: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<CaseClass>,
}

impl PlaqueRule {
    /// Whether a beneficiary of these categories is entitled.
    pub fn is_entitled(&self, categories: &Categories) -> bool {
        self.entitled.is_empty() || !self.entitled.is_disjoint(categories)
    }

    /// Those who are entitled.
    pub fn audience(&self) -> Filter {
        match self.entitled.clone() {
            none if none.is_empty() => Filter::All(Vec::new()),
            categories => Filter::Is(Condition::Category(categories)),
        }
    }

    /// The case that must have been approved before a return for this reason.
    pub const fn decided_by(&self, reason: ReturnReason) -> Option<&DecidingCase> {
        match reason {
            ReturnReason::Withdrawn => self.withdrawal.as_ref(),
            ReturnReason::Restored => self.restoration.as_ref(),
            _ => None,
        }
    }

    /// The case that decides a change of an entry from the state `was` to `is`, which withdraws the plaque, or restores
    /// the right to it; `None` if none does.
    pub fn decides(&self, was: &PlaqueState, is: &PlaqueState) -> Option<&DecidingCase> {
        if !self.is_of_case(was, is) {
            None
        } else if self.is_withdrawn(is) {
            self.withdrawal.as_ref()
        } else {
            let is_restored = self.restored.as_ref().is_none_or(|restored| restored == is);
            self.restoration.as_ref().filter(|_| is_restored)
        }
    }

    /// Whether a change of an entry from the state `was` to `is` withdraws the plaque, or gives the right to it back:
    /// where a case decides a withdrawal, only a case makes it.
    pub fn is_of_case(&self, was: &PlaqueState, is: &PlaqueState) -> bool {
        was != is && (self.is_withdrawn(was) || self.is_withdrawn(is))
    }

    /// Whether the state is that of a plaque which a case has withdrawn.
    pub fn is_withdrawn(&self, state: &PlaqueState) -> bool {
        self.withdrawal.is_some() && self.withdrawn.as_ref() == Some(state)
    }

    /// The states in which the plaque is there.
    pub fn covering(&self) -> BTreeSet<PlaqueState> {
        self.present.iter().chain([&self.handed_out]).cloned().collect()
    }

    /// Whether an entry whose plaque is in the state `own` gets the state `other` of its duplicate: that plaque is
    /// there, and the own entry says neither that one is there nor what became of it.
    pub fn is_joined(&self, own: &PlaqueState, other: &PlaqueState) -> bool {
        let present = self.covering();
        let mut known = [&self.damaged, &self.declined, &self.withdrawn].into_iter().flatten();
        present.contains(other) && !present.contains(own) && !known.any(|state| state == own)
    }

    /// The state that follows a step of a hand-out, a return for this reason; `None` if the plaque stays as it
    /// is. Goods that never reached the beneficiary change nothing at the door, whatever the reason; a
    /// withdrawal and its restoration concern the right, so they count without a plaque too.
    pub fn after(&self, step: HandoutStep, reason: Option<ReturnReason>) -> Option<&PlaqueState> {
        use {HandoutStep as S, ReturnReason as R};
        match (step, reason) {
            (S::Take, _) => Some(&self.handed_out),
            (S::Restore | S::WriteOff | S::Keep, Some(R::Withdrawn)) => self.withdrawn.as_ref(),
            (S::Restore | S::WriteOff | S::Keep, Some(R::Restored)) => self.restored.as_ref(),
            (S::Already | S::Keep, _) => None,
            (S::Restore | S::WriteOff, Some(R::Damaged)) => self.damaged.as_ref(),
            (S::Restore | S::WriteOff, Some(R::Declined)) => self.declined.as_ref(),
            (S::Restore | S::WriteOff, _) => self.returned.as_ref(),
        }
    }

    /// The state that belongs to a hand-out as it is, or was returned for this reason; `None` if it says
    /// nothing of a plaque at a door.
    pub fn of(&self, state: HandoutState, reason: Option<ReturnReason>) -> Option<&PlaqueState> {
        match (state, reason) {
            (HandoutState::HandedOut, _) => Some(&self.handed_out),
            (HandoutState::Returned, Some(ReturnReason::Withdrawn)) => self.withdrawn.as_ref(),
            (HandoutState::Planned | HandoutState::Returned, _) => None,
        }
    }

    /// All states, with the names of their fields.
    pub fn states(&self) -> impl Iterator<Item = (&'static str, &PlaqueState)> {
        let all = [
            ("handed_out", Some(&self.handed_out)),
            ("damaged", self.damaged.as_ref()),
            ("declined", self.declined.as_ref()),
            ("withdrawn", self.withdrawn.as_ref()),
            ("restored", self.restored.as_ref()),
            ("returned", self.returned.as_ref()),
        ];
        let present = self.present.iter().map(|state| ("present", state));
        all.into_iter().filter_map(|(field, state)| Some((field, state?))).chain(present)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn state(code: &str) -> PlaqueState {
        code.parse().expect("a code")
    }

    #[test]
    fn the_plaque_follows_what_reaches_the_door_and_what_the_district_decides() {
        use {HandoutStep as S, ReturnReason as R};
        let rule = PlaqueRule {
            handed_out: state("hung"),
            damaged: Some(state("damaged")),
            declined: None,
            withdrawn: Some(state("withdrawn")),
            restored: Some(state("pending")),
            returned: Some(state("missing")),
            entitled: BTreeSet::from(["veteran".parse().expect("a code")]),
            present: BTreeSet::from([state("indoor")]),
            withdrawal: None,
            restoration: None,
        };
        let after = |step, reason| rule.after(step, reason).map(ToString::to_string);
        let is = |code: &str| Some(code.to_owned());
        assert_eq!(after(S::Take, None), is("hung"));
        assert_eq!(after(S::WriteOff, Some(R::Damaged)), is("damaged"));
        assert_eq!(after(S::Restore, Some(R::Withdrawn)), is("withdrawn"));
        assert_eq!(after(S::Restore, Some(R::Moved)), is("missing"));
        assert_eq!(after(S::Restore, Some(R::Declined)), None, "has no state");
        // A plaque that never hung.
        assert_eq!(after(S::Keep, Some(R::Damaged)), None);
        assert_eq!(after(S::Keep, Some(R::Absent)), None);
        assert_eq!(after(S::Keep, Some(R::Withdrawn)), is("withdrawn"));
        assert_eq!(after(S::Keep, Some(R::Restored)), is("pending"));
        assert_eq!(after(S::Already, Some(R::Withdrawn)), None);
        assert_eq!(rule.states().count(), 6);
        assert_eq!(rule.covering(), BTreeSet::from([state("hung"), state("indoor")]));
        // A duplicate brings a plaque that is there to an entry that has none.
        let joined = |own, other| rule.is_joined(&state(own), &state(other));
        assert!(joined("pending", "hung") && joined("missing", "indoor"));
        for (own, other) in
            [("hung", "indoor"), ("damaged", "hung"), ("withdrawn", "hung"), ("pending", "damaged")]
        {
            assert!(!joined(own, other), "{own} {other}");
        }
        let of = |category: &str| BTreeSet::from([category.parse().expect("a code")]);
        assert!(rule.is_entitled(&of("veteran")) && !rule.is_entitled(&of("neighbour")));
        assert!(PlaqueRule { entitled: BTreeSet::new(), ..rule }.is_entitled(&of("neighbour")));
    }

    #[test]
    fn where_a_case_decides_a_withdrawal_nothing_else_changes_the_entry_from_or_to_it() {
        let rule = |withdrawal: Value| -> PlaqueRule {
            let rule = json!({
                "handed_out": "hung", "withdrawn": "withdrawn", "restored": "pending",
                "withdrawal": withdrawal, "restoration": { "kind": "restoration" }
            });
            serde_json::from_value(rule).expect("a rule")
        };
        let by_case = rule(json!({ "kind": "plaque" }));
        let is_of_case = |was, is| by_case.is_of_case(&state(was), &state(is));
        assert!(is_of_case("withdrawn", "hung") && is_of_case("hung", "withdrawn"));
        assert!(!is_of_case("withdrawn", "withdrawn") && !is_of_case("hung", "missing"));
        let decides = |was, is| by_case.decides(&state(was), &state(is));
        assert_eq!(decides("hung", "withdrawn"), by_case.withdrawal.as_ref());
        assert_eq!(decides("withdrawn", "pending"), by_case.restoration.as_ref());
        assert_eq!(decides("withdrawn", "hung"), None, "it is restored, and then hung");
        assert_eq!(decides("pending", "hung"), None);
        let without = rule(Value::Null);
        assert!(!without.is_of_case(&state("withdrawn"), &state("hung")));
    }
}
