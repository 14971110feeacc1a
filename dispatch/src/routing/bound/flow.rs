//! The most work that fits, as a maximum flow from visits through shifts and limits of loads to
//! volunteers.
//!
//! Dinic's algorithm (Soviet Mathematics Doklady 11, 1970).

use super::{Work, length};
use crate::routing::model::Model;

/// The flow network.
pub(super) struct Network {
    to: Vec<usize>,
    residual: Vec<i64>,
    edges: Vec<Vec<usize>>,
    visits: usize,
    source: usize,
    sink: usize,
    /// The edge from each volunteer to the sink.
    drains: Vec<usize>,
}

/// The nodes of the network after those of visits: shifts, limits of loads, volunteers.
struct Nodes {
    shifts: usize,
    quotas: usize,
    people: usize,
    end: usize,
}

impl Nodes {
    fn of(model: &Model<'_>) -> Self {
        let shifts = model.visits.len();
        let quotas = shifts + model.shifts.len();
        let people = quotas + model.quotas.len();
        Self { shifts, quotas, people, end: people + model.instance.volunteers.len() }
    }
}

impl Network {
    /// The network without any supply.
    pub(super) fn new(model: &Model<'_>, work: &Work) -> Self {
        let (visits, nodes) = (model.visits.len(), Nodes::of(model));
        let source = nodes.end;
        let mut network = Self {
            to: Vec::new(),
            residual: Vec::new(),
            edges: vec![Vec::new(); source + 2],
            visits,
            source,
            sink: source + 1,
            drains: Vec::new(),
        };
        for visit in 0..visits {
            network.add_edge(source, visit, 0);
        }
        for visit in 0..visits {
            for (shift, _) in model.open_to(visit) {
                network.add_edge(visit, nodes.shifts + *shift as usize, i64::MAX / 4);
            }
        }
        let mut linked = vec![false; model.quotas.len()];
        for (shift, on) in model.shifts.iter().enumerate() {
            let quota = nodes.quotas + on.quota;
            network.add_edge(nodes.shifts + shift, quota, length(model, shift));
            if !std::mem::replace(&mut linked[on.quota], true) {
                network.add_edge(quota, nodes.people + on.volunteer, work.quotas[on.quota]);
            }
        }
        for (who, capacity) in work.capacity.iter().enumerate() {
            network.drains.push(network.to.len());
            network.add_edge(nodes.people + who, network.sink, *capacity);
        }
        network
    }

    /// Adds an edge and its reverse.
    fn add_edge(&mut self, from: usize, to: usize, residual: i64) {
        self.edges[from].push(self.to.len());
        self.to.push(to);
        self.residual.push(residual);
        self.edges[to].push(self.to.len());
        self.to.push(from);
        self.residual.push(0);
    }

    /// Sets a visit's supply; the edge of visit `j` is the `j`-th.
    pub(super) fn set_supply(&mut self, visit: usize, work: i64) {
        debug_assert!(visit < self.visits, "a visit");
        self.residual[2 * visit] = work;
    }

    /// Limits a volunteer's capacity to `most`.
    pub(super) fn limit_drain(&mut self, volunteer: usize, most: i64) {
        let edge = self.drains[volunteer];
        self.residual[edge] = self.residual[edge].min(most.max(0));
    }

    /// Augments the flow to its maximum; returns the increase.
    pub(super) fn augment(&mut self) -> i64 {
        let mut pushed = 0;
        while let Some(level) = self.levels() {
            let mut at = vec![0; self.edges.len()];
            loop {
                let more = self.path(self.source, i64::MAX, &level, &mut at);
                if more == 0 {
                    break;
                }
                pushed += more;
            }
        }
        pushed
    }

    /// The level of each node in the residual graph; none if the sink cannot be reached.
    fn levels(&self) -> Option<Vec<usize>> {
        let mut level = vec![usize::MAX; self.edges.len()];
        level[self.source] = 0;
        let mut queue = vec![self.source];
        let mut next = 0;
        while let Some(&node) = queue.get(next) {
            next += 1;
            for &edge in &self.edges[node] {
                if self.residual[edge] > 0 && level[self.to[edge]] == usize::MAX {
                    level[self.to[edge]] = level[node] + 1;
                    queue.push(self.to[edge]);
                }
            }
        }
        (level[self.sink] != usize::MAX).then_some(level)
    }

    /// Sends up to `most` along an augmenting path from `node`.
    fn path(&mut self, node: usize, most: i64, level: &[usize], at: &mut [usize]) -> i64 {
        if node == self.sink {
            return most;
        }
        while let Some(&edge) = self.edges[node].get(at[node]) {
            let to = self.to[edge];
            if self.residual[edge] > 0 && level[to] == level[node] + 1 {
                let sent = self.path(to, most.min(self.residual[edge]), level, at);
                if sent > 0 {
                    self.residual[edge] -= sent;
                    self.residual[edge ^ 1] += sent;
                    return sent;
                }
            }
            at[node] += 1;
        }
        0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::routing::instance::{Bar, Instance};
    use crate::routing::model::ShiftData;
    use crate::routing::tests::some_street;
    use crate::routing::weights::Weights;

    /// Two volunteers, three visits, some of which only one of the two may make.
    fn some_instance() -> impl Strategy<Value = Instance> {
        let bars = prop::collection::vec(prop::bool::weighted(0.3), 6);
        let offered = prop::collection::vec(prop::option::of(0..100), 2);
        (some_street(2, 3), bars, offered).prop_map(|(mut instance, bars, offered)| {
            let bar = |barred| if barred { Bar::Skill } else { Bar::None };
            instance.bars = bars.into_iter().map(bar).collect();
            for (who, offered) in instance.volunteers.iter_mut().zip(offered) {
                who.offered = offered;
            }
            instance
        })
    }

    /// The least capacity of any cut; `drains` is what each volunteer can take.
    fn least_cut(model: &Model<'_>, work: &Work, supplies: &[i64], drains: &[i64]) -> i64 {
        let (visits, shifts) = (supplies.len(), model.shifts.len());
        let nodes = Nodes::of(model);
        let sides = 0_u32..1 << nodes.end;
        let cut = |side: u32| {
            let is_source = |node: usize| side >> node & 1 == 1;
            let quota = |shift: usize| nodes.quotas + model.shifts[shift].quota;
            let supply = |visit: usize| if is_source(visit) { 0 } else { supplies[visit] };
            let sent = |visit: usize| {
                let mut open = model.open_to(visit).iter().map(|(shift, _)| *shift as usize);
                let cut = open.any(|shift| !is_source(visits + shift));
                if is_source(visit) && cut { i64::MAX / 4 } else { 0 }
            };
            let held = |shift: usize| {
                let cut = is_source(visits + shift) && !is_source(quota(shift));
                if cut { length(model, shift) } else { 0 }
            };
            let passed = |at: usize| {
                let of = |on: &&ShiftData| on.quota == at;
                let who = model.shifts.iter().find(of).map(|on| nodes.people + on.volunteer);
                let cut = is_source(nodes.quotas + at) && who.is_some_and(|who| !is_source(who));
                if cut { work.quotas[at] } else { 0 }
            };
            let drained = |at: usize| if is_source(nodes.people + at) { drains[at] } else { 0 };
            (0..visits).map(|visit| supply(visit) + sent(visit)).sum::<i64>()
                + (0..shifts).map(held).sum::<i64>()
                + (0..model.quotas.len()).map(passed).sum::<i64>()
                + (0..drains.len()).map(drained).sum::<i64>()
        };
        sides.map(cut).min().expect("a cut")
    }

    proptest! {
        #[test]
        fn the_most_work_that_flows_is_the_least_cut(
            instance in some_instance(),
            supplies in prop::collection::vec(0..200_i64, 3),
            most in prop::option::of(0..100_i64),
        ) {
            let model = Model::new(&instance, Weights::TRAVEL);
            let work = Work::of(&model);
            let mut drains = work.capacity.clone();
            let mut network = Network::new(&model, &work);
            if let Some(most) = most {
                network.limit_drain(0, most);
                drains[0] = drains[0].min(most);
            }
            let mut flow = 0;
            for (visit, supply) in supplies.iter().enumerate() {
                network.set_supply(visit, *supply);
                flow += network.augment();
                let so_far: Vec<i64> =
                    (0..3).map(|at| if at <= visit { supplies[at] } else { 0 }).collect();
                prop_assert_eq!(flow, least_cut(&model, &work, &so_far, &drains));
            }
        }
    }
}
