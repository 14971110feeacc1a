//! Undoing the changes of a draft, and copying tours between drafts.

use super::{Draft, UNASSIGNED};
use crate::routing::model::{Model, ShiftData, index};
use crate::routing::tour::Tour;

impl Draft {
    /// Makes the current state the one that [`Self::undo`] restores.
    pub(in crate::routing) fn commit(&mut self) {
        for tour in self.touched.drain(..) {
            self.is_touched[tour as usize] = false;
        }
        self.kept_cost = (self.cost, self.unserved_cost, self.moved);
        self.kept_unassigned.clone_from(&self.unassigned);
        self.waiting = self.unassigned.len();
        self.kept_hulls.clear();
    }

    /// Whether a visit was unassigned at the last [`Self::commit`].
    pub(in crate::routing) fn had_unassigned(&self) -> bool {
        !self.kept_unassigned.is_empty()
    }

    /// The unassigned visits: those that were so at the last [`Self::commit`], and those removed since.
    pub(in crate::routing) fn waiting_and_removed(&self) -> (&[u32], &[u32]) {
        self.unassigned.split_at(self.waiting.min(self.unassigned.len()))
    }

    /// The tours changed since the last [`Self::commit`].
    pub(in crate::routing) fn touched(&self) -> &[u32] {
        &self.touched
    }

    /// Restores the state of the last [`Self::commit`].
    pub(in crate::routing) fn undo(&mut self, model: &Model<'_>) {
        // Detaches all before attaching any: a visit may have moved between tours.
        for at in 0..self.touched.len() {
            self.detach(model, self.touched[at]);
        }
        for at in 0..self.touched.len() {
            let tour = self.touched[at];
            std::mem::swap(&mut self.tours[tour as usize], &mut self.before[at]);
            self.is_touched[tour as usize] = false;
            self.attach(model, tour);
        }
        self.touched.clear();
        for (visit, hull) in self.kept_hulls.drain(..).rev() {
            self.hulls[visit as usize] = hull;
        }
        (self.cost, self.unserved_cost, self.moved) = self.kept_cost;
        self.unassigned.clone_from(&self.kept_unassigned);
        self.waiting = self.unassigned.len();
    }

    fn detach(&mut self, model: &Model<'_>, tour: u32) {
        let current = &self.tours[tour as usize];
        let &ShiftData { volunteer, quota, .. } = &model.shifts[tour as usize];
        self.load[volunteer] -= current.travel + current.service;
        self.used[quota] -= current.travel + current.service;
        for visit in current.visits() {
            self.assigned_route[visit as usize] = UNASSIGNED;
            if let Some(group) = model.visits[visit as usize].group {
                self.group_holders[group].1 -= 1;
            }
        }
    }

    fn attach(&mut self, model: &Model<'_>, tour: u32) {
        let current = &self.tours[tour as usize];
        let &ShiftData { volunteer, quota, .. } = &model.shifts[tour as usize];
        self.load[volunteer] += current.travel + current.service;
        self.used[quota] += current.travel + current.service;
        for (rank, visit) in current.visits().enumerate() {
            self.assigned_route[visit as usize] = tour;
            self.rank[visit as usize] = index(rank);
            if let Some(group) = model.visits[visit as usize].group {
                self.group_holders[group] = (volunteer, self.group_holders[group].1 + 1);
            }
        }
    }

    /// Keeps a tour as it is before its first change.
    pub(super) fn touch(&mut self, tour: u32) {
        if std::mem::replace(&mut self.is_touched[tour as usize], true) {
            return;
        }
        let at = self.touched.len();
        self.touched.push(tour);
        if self.before.len() == at {
            self.before.push(Tour::default());
        }
        let (current, kept) = (&self.tours[tour as usize], &mut self.before[at]);
        kept.clone_from(current);
    }

    /// Copies `other`, which differs in `tours` only.
    pub(in crate::routing) fn copy_tours(
        &mut self,
        model: &Model<'_>,
        other: &Self,
        tours: &[u32],
    ) {
        for &tour in tours {
            self.detach(model, tour);
        }
        for &tour in tours {
            let current = &mut self.tours[tour as usize];
            current.clone_from(&other.tours[tour as usize]);
            // Stamps of another draft are not valid here.
            self.stamp += 1;
            current.stamp = self.stamp;
            self.attach(model, tour);
        }
        self.hulls.clone_from(&other.hulls);
        (self.cost, self.unserved_cost, self.moved) =
            (other.cost, other.unserved_cost, other.moved);
        self.unassigned.clone_from(&other.unassigned);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::routing::recreate::{Recreation, insert_at_random};
    use crate::routing::rng::Rng;
    use crate::routing::ruin;
    use crate::routing::tests::{some_instance, some_street};
    use crate::routing::weights::Weights;

    /// All that a draft decides, and all that depends on it. The rank of an unassigned visit has no
    /// meaning.
    fn state(draft: &Draft) -> String {
        let rank = draft.assigned_route.iter().zip(&draft.rank);
        let rank: Vec<_> = rank.map(|(tour, rank)| (*tour != UNASSIGNED).then_some(rank)).collect();
        let Draft { tours, assigned_route, unassigned, waiting, hulls, load, used, .. } = draft;
        let costs = (draft.cost, draft.unserved_cost, draft.moved);
        // The holder of a group counts while one of its visits is assigned.
        let groups =
            draft.group_holders.iter().map(|(who, count)| (*count > 0).then_some((who, count)));
        let groups: Vec<_> = groups.collect();
        format!(
            "{:?}",
            (tours, assigned_route, rank, unassigned, waiting, hulls, load, used, costs, groups)
        )
    }

    /// Undoes many steps, each after a state that some steps have led to.
    fn assert_undone(model: &Model<'_>, seed: u64) {
        let (rng, mut recreation) = (&mut Rng::new(seed), Recreation::default());
        let mut draft = Draft::new(model);
        recreation.fill(model, &mut draft, rng);
        draft.commit();
        for number in 0..60 {
            let before = state(&draft);
            let closed = if number % 5 == 0 {
                ruin::close_tour(model, &mut draft, rng)
            } else {
                ruin::ruin(model, &mut draft, rng);
                UNASSIGNED
            };
            insert_at_random(model, &mut draft, rng);
            recreation.recreate(model, &mut draft, closed, i64::MAX, rng);
            if number % 3 == 0 {
                draft.commit();
            } else {
                draft.undo(model);
                assert_eq!(state(&draft), before);
            }
        }
    }

    proptest! {
        #[test]
        fn undo_restores_the_committed_state(instance in some_instance(), seed: u64) {
            prop_assume!(!instance.visits.is_empty());
            assert_undone(&Model::new(&instance, Weights::default()), seed);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]

        #[test]
        fn undo_restores_the_committed_state_of_a_crowd(instance in some_street(2, 300), seed: u64) {
            assert_undone(&Model::new(&instance, Weights::default()), seed);
        }
    }
}
