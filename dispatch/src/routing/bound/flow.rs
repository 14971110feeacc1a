//! The most work that fits: visits as liquid that flows through shifts into people.
//!
//! Dinic's algorithm (Soviet Mathematics Doklady 11, 1970), small enough for parts
//! of a few hundred visits.

use super::{Work, length};
use crate::routing::model::Model;

/// Work flowing from visits through shifts and volunteers.
pub(super) struct Network {
    to: Vec<usize>,
    room: Vec<i64>,
    edges: Vec<Vec<usize>>,
    visits: usize,
    source: usize,
    sink: usize,
    /// The edge by which each volunteer drains.
    drains: Vec<usize>,
}

impl Network {
    /// The network with all visits closed.
    pub(super) fn new(model: &Model<'_>, work: &Work) -> Self {
        let (visits, shifts) = (model.calls.len(), model.shifts.len());
        let people = model.instance.volunteers.len();
        let source = visits + shifts + people;
        let mut network = Self {
            to: Vec::new(),
            room: Vec::new(),
            edges: vec![Vec::new(); source + 2],
            visits,
            source,
            sink: source + 1,
            drains: Vec::new(),
        };
        for visit in 0..visits {
            network.join(source, visit, 0);
        }
        for (visit, open) in work.shifts.iter().enumerate() {
            for shift in open {
                network.join(visit, visits + shift, i64::MAX / 4);
            }
        }
        for shift in 0..shifts {
            let who = visits + shifts + model.shifts[shift].volunteer;
            network.join(visits + shift, who, length(model, shift));
        }
        for who in 0..people {
            network.drains.push(network.to.len());
            network.join(visits + shifts + who, network.sink, work.capacity[who]);
        }
        network
    }

    /// Adds an edge and its way back.
    fn join(&mut self, from: usize, to: usize, room: i64) {
        self.edges[from].push(self.to.len());
        self.to.push(to);
        self.room.push(room);
        self.edges[to].push(self.to.len());
        self.to.push(from);
        self.room.push(0);
    }

    /// Lets a visit's work in; the edge of visit `j` is the `j`-th.
    pub(super) fn open(&mut self, visit: usize, work: i64) {
        debug_assert!(visit < self.visits, "a visit");
        self.room[2 * visit] = work;
    }

    /// Lets a volunteer take no more than `most`.
    pub(super) fn narrow(&mut self, volunteer: usize, most: i64) {
        let edge = self.drains[volunteer];
        self.room[edge] = self.room[edge].min(most.max(0));
    }

    /// Pushes what more can flow, and says how much that is.
    pub(super) fn push(&mut self) -> i64 {
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

    /// How many edges with room lie between the source and each; none if the sink
    /// cannot be reached.
    fn levels(&self) -> Option<Vec<usize>> {
        let mut level = vec![usize::MAX; self.edges.len()];
        level[self.source] = 0;
        let mut queue = vec![self.source];
        let mut next = 0;
        while let Some(&node) = queue.get(next) {
            next += 1;
            for &edge in &self.edges[node] {
                if self.room[edge] > 0 && level[self.to[edge]] == usize::MAX {
                    level[self.to[edge]] = level[node] + 1;
                    queue.push(self.to[edge]);
                }
            }
        }
        (level[self.sink] != usize::MAX).then_some(level)
    }

    /// Sends up to `most` from `node` on; four edges deep at the most and back.
    fn path(&mut self, node: usize, most: i64, level: &[usize], at: &mut [usize]) -> i64 {
        if node == self.sink {
            return most;
        }
        while let Some(&edge) = self.edges[node].get(at[node]) {
            let to = self.to[edge];
            if self.room[edge] > 0 && level[to] == level[node] + 1 {
                let sent = self.path(to, most.min(self.room[edge]), level, at);
                if sent > 0 {
                    self.room[edge] -= sent;
                    self.room[edge ^ 1] += sent;
                    return sent;
                }
            }
            at[node] += 1;
        }
        0
    }
}
