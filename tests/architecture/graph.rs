//! A directed graph and its cycles.

use std::collections::{BTreeMap, BTreeSet};

/// A graph by names.
#[derive(Default)]
pub struct Graph {
    arrows: BTreeMap<String, BTreeSet<String>>,
}

impl Graph {
    /// The graph of these arrows.
    pub fn of(arrows: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut graph = Self::default();
        for (from, to) in arrows {
            graph.arrows.entry(to.clone()).or_default();
            graph.arrows.entry(from).or_default().insert(to);
        }
        graph
    }

    /// All nodes reachable from `start`.
    fn reach(&self, start: &str) -> BTreeSet<&str> {
        let (mut reached, mut left) = (BTreeSet::new(), vec![start]);
        while let Some(name) = left.pop() {
            for next in self.arrows.get(name).into_iter().flatten() {
                if reached.insert(next.as_str()) {
                    left.push(next);
                }
            }
        }
        reached
    }

    /// The strongly connected components of two names or more: each name reaches every
    /// other.
    pub fn circles(&self) -> Vec<Vec<String>> {
        let reach: BTreeMap<&str, BTreeSet<&str>> =
            self.arrows.keys().map(|name| (name.as_str(), self.reach(name))).collect();
        let mut circles = BTreeSet::new();
        for (name, reached) in &reach {
            let both = reached.iter().filter(|other| reach[**other].contains(name));
            let circle: BTreeSet<String> = both.map(|other| (*other).to_owned()).collect();
            if circle.len() > 1 {
                circles.insert(circle);
            }
        }
        circles.into_iter().map(|circle| circle.into_iter().collect()).collect()
    }
}
