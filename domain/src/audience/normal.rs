//! The normal form of a filter: two filters with the same one mean the same.

use super::condition::Condition;
use super::filter::Filter;
use crate::entry::{Contact, Gender, Mobility};
use crate::word::VariantArray as _;

impl Filter {
    /// The same audience without nesting, negation and repetition that change nothing.
    #[must_use]
    pub fn normal(self) -> Self {
        match self {
            Self::Is(_) => self,
            Self::Not(inner) => inner.normal().negated(),
            Self::Any(parts) => Self::joined(parts, Self::Any, |part| match part {
                Self::Any(inner) => Ok(inner),
                other => Err(other),
            }),
            Self::All(parts) => Self::joined(parts, Self::All, |part| match part {
                Self::All(inner) => Ok(inner),
                other => Err(other),
            }),
        }
    }

    /// The parts in normal form, those of a nested combination of the same kind among them, ordered
    /// and each once.
    fn joined(
        parts: Vec<Self>,
        combined: impl FnOnce(Vec<Self>) -> Self,
        inner: impl Fn(Self) -> Result<Vec<Self>, Self>,
    ) -> Self {
        let parts = parts.into_iter().map(Self::normal);
        let mut flat: Vec<Self> =
            parts.flat_map(|part| inner(part).unwrap_or_else(|part| vec![part])).collect();
        flat.sort_unstable();
        flat.dedup();
        if flat.len() == 1 { flat.swap_remove(0) } else { combined(flat) }
    }

    /// The opposite of a filter in normal form.
    fn negated(self) -> Self {
        match self {
            Self::Not(inner) => *inner,
            Self::Is(Condition::LivesAlone(alone)) => Self::Is(Condition::LivesAlone(!alone)),
            Self::Is(Condition::Gender(gender)) => Self::Is(Condition::Gender(match gender {
                Gender::Female => Gender::Male,
                Gender::Male => Gender::Female,
            })),
            Self::Is(Condition::Contact(contact)) => Self::Is(Condition::Contact(match contact {
                Contact::Visit => Contact::Phone,
                Contact::Phone => Contact::Visit,
            })),
            Self::Is(Condition::Mobility(any)) if any.len() < Mobility::VARIANTS.len() => {
                let others = Mobility::VARIANTS.iter().filter(|one| !any.contains(one));
                Self::Is(Condition::Mobility(others.copied().collect()))
            }
            other => Self::Not(Box::new(other)),
        }
    }
}
