//! Which visits belong together: one person for all, or two people for two.

use std::collections::{HashMap, HashSet};

use super::problem::{DispatchProblemError, Visit};
use gridward_domain::id::{PersonId, TaskId};
use gridward_domain::time::Minutes;

/// What binds visits to each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tie {
    /// Whoever makes one of these makes all of them that are made, on any days.
    SamePerson(Vec<TaskId>),
    /// Two different people make these two on one day; both are made or neither.
    TwoPeople(Pair),
}

/// Two visits by two people that are one to the beneficiary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The one that begins first, or either where they begin at once.
    pub first: TaskId,
    /// The other.
    pub second: TaskId,
    /// How long after the beginning of the first the second begins at the earliest.
    pub after: Minutes,
    /// And at the latest; both nothing means at once.
    pub by: Minutes,
}

impl Tie {
    /// The same tie of those visits that are `here`, if it still binds any.
    pub(super) fn among(&self, here: &HashSet<TaskId>) -> Option<Self> {
        match self {
            Self::SamePerson(visits) => {
                let visits = visits.iter().copied().filter(|visit| here.contains(visit)).collect();
                Some(Self::SamePerson(visits))
            }
            Self::TwoPeople(pair) => {
                let both = here.contains(&pair.first) && here.contains(&pair.second);
                both.then_some(Self::TwoPeople(*pair))
            }
        }
    }

    fn is_one_person(&self) -> bool {
        matches!(self, Self::SamePerson(_))
    }

    /// The visits that it binds.
    pub fn visits(&self) -> Vec<TaskId> {
        match self {
            Self::SamePerson(visits) => visits.clone(),
            Self::TwoPeople(pair) => vec![pair.first, pair.second],
        }
    }
}

/// The ties of a problem, to be found by visit.
#[derive(Clone, Debug, Default)]
pub(super) struct Ties {
    groups: Vec<Vec<TaskId>>,
    group_of: HashMap<TaskId, usize>,
    pairs: HashMap<TaskId, Pair>,
}

impl Ties {
    pub(super) fn of(ties: &[Tie]) -> Self {
        let mut found = Self::default();
        for tie in ties {
            match tie {
                Tie::SamePerson(visits) => {
                    let group = found.groups.len();
                    found.group_of.extend(visits.iter().map(|visit| (*visit, group)));
                    found.groups.push(visits.clone());
                }
                Tie::TwoPeople(pair) => {
                    found.pairs.extend([(pair.first, *pair), (pair.second, *pair)]);
                }
            }
        }
        found
    }

    /// The other visits that the same person is to make.
    pub(super) fn fellows(&self, visit: TaskId) -> impl Iterator<Item = TaskId> + '_ {
        let group = self.group_of.get(&visit).map_or(&[][..], |group| &self.groups[*group]);
        group.iter().copied().filter(move |other| *other != visit)
    }

    /// The pair that it is one of.
    pub(super) fn pair(&self, visit: TaskId) -> Option<Pair> {
        self.pairs.get(&visit).copied()
    }

    /// The visit of the second person, or of the first where it is the second's.
    pub(super) fn partner(&self, visit: TaskId) -> Option<TaskId> {
        let pair = self.pair(visit)?;
        Some(if pair.first == visit { pair.second } else { pair.first })
    }

    /// Whether it is tied to any other.
    pub(super) fn binds(&self, visit: TaskId) -> bool {
        self.pairs.contains_key(&visit) || self.fellows(visit).next().is_some()
    }

    /// The visit and all that hangs on it by any number of ties.
    pub(super) fn cluster(&self, visit: TaskId) -> Vec<TaskId> {
        let mut cluster = vec![visit];
        let mut next = 0;
        while let Some(&member) = cluster.get(next) {
            let tied = self.fellows(member).chain(self.partner(member));
            let new: Vec<TaskId> = tied.filter(|tied| !cluster.contains(tied)).collect();
            cluster.extend(new);
            next += 1;
        }
        cluster
    }
}

/// Whether the ties make sense for these visits.
pub(super) fn validate(ties: &[Tie], visits: &[Visit]) -> Result<(), DispatchProblemError> {
    if ties.is_empty() {
        return Ok(());
    }
    let by_id: HashMap<TaskId, &Visit> = visits.iter().map(|visit| (visit.id, visit)).collect();
    let (mut grouped, mut paired) = (HashSet::new(), HashSet::new());
    for tie in ties {
        let seen = if tie.is_one_person() { &mut grouped } else { &mut paired };
        let mut pinned: Vec<(TaskId, PersonId)> = Vec::new();
        for id in tie.visits() {
            let visit = by_id.get(&id).ok_or(DispatchProblemError::UnknownTie(id))?;
            if !seen.insert(id) {
                return Err(DispatchProblemError::TiedTwice(id));
            }
            pinned.extend(visit.pinned.map(|pin| (id, pin.volunteer)));
        }
        let torn = pinned.windows(2).find(|pins| (pins[0].1 == pins[1].1) != tie.is_one_person());
        if let Some(pins) = torn {
            return Err(DispatchProblemError::TornTie(pins[0].0));
        }
    }
    let all = Ties::of(ties);
    ties.iter().try_for_each(|tie| match tie {
        Tie::TwoPeople(pair) if pair.by < pair.after => {
            Err(DispatchProblemError::ReversedTie(pair.first))
        }
        Tie::TwoPeople(pair) if all.fellows(pair.first).any(|other| other == pair.second) => {
            Err(DispatchProblemError::TornTie(pair.first))
        }
        _ => Ok(()),
    })
}
