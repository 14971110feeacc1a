//! Ties between visits: one volunteer for a group, or two volunteers for a pair.

use std::collections::{HashMap, HashSet};

use super::problem::{DispatchProblemError, Visit};
use gridward_domain::id::{PersonId, TaskId};
use gridward_domain::time::Minutes;

/// A constraint on several visits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tie {
    /// One volunteer makes all of these that are made, on any days.
    SamePerson(Vec<TaskId>),
    /// Two different volunteers make these two on one day; both are made or neither.
    TwoPeople(Pair),
}

/// Two visits by two volunteers that form one visit for the beneficiary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The visit that begins first; either one if both begin at once.
    pub first: TaskId,
    /// The other visit.
    pub second: TaskId,
    /// The earliest begin of the second after the begin of the first.
    pub after: Minutes,
    /// The latest begin of the second after the begin of the first; zero for both means at once.
    pub by: Minutes,
}

impl Tie {
    /// The tie restricted to the visits that are `here`; none if a pair is incomplete.
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

    /// The tied visits.
    pub fn visits(&self) -> Vec<TaskId> {
        match self {
            Self::SamePerson(visits) => visits.clone(),
            Self::TwoPeople(pair) => vec![pair.first, pair.second],
        }
    }
}

/// The ties of a problem, indexed by visit.
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

    /// The other visits of the group.
    pub(super) fn fellows(&self, visit: TaskId) -> impl Iterator<Item = TaskId> + '_ {
        let group = self.group_of.get(&visit).map_or(&[][..], |group| &self.groups[*group]);
        group.iter().copied().filter(move |other| *other != visit)
    }

    /// The pair that contains the visit.
    pub(super) fn pair(&self, visit: TaskId) -> Option<Pair> {
        self.pairs.get(&visit).copied()
    }

    /// The other visit of the pair.
    pub(super) fn partner(&self, visit: TaskId) -> Option<TaskId> {
        let pair = self.pair(visit)?;
        Some(if pair.first == visit { pair.second } else { pair.first })
    }

    /// Whether the visit is tied to another.
    pub(super) fn binds(&self, visit: TaskId) -> bool {
        self.pairs.contains_key(&visit) || self.fellows(visit).next().is_some()
    }

    /// The visit and all visits connected to it by ties.
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

/// Checks the ties against the visits.
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
            if visit.is_call() {
                return Err(DispatchProblemError::TiedCall(id));
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
