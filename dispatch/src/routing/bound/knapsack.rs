//! A lower bound on what a label still costs: a fractional knapsack of the visits ahead.

use super::label::Label;
use super::route_pricer::{DualPrices, ShiftGraph};
use crate::routing::instance::Seconds;

/// An item of the knapsack bound: the most that a visit could gain, and the least time it takes.
struct Item {
    visit: usize,
    value: i64,
    seconds: Seconds,
}

/// The bound for one shift under one set of prices.
pub(super) struct KnapsackBound<'s> {
    graph: &'s ShiftGraph,
    rate: i64,
    limit: Seconds,
    /// By decreasing density.
    items: Vec<Item>,
}

impl<'s> KnapsackBound<'s> {
    /// `prices` has the price of each visit of the graph.
    pub(super) fn new(graph: &'s ShiftGraph, duals: &DualPrices<'_>, prices: &[i64]) -> Self {
        let items = items(graph, duals.rate, prices);
        Self { graph, rate: duals.rate, limit: duals.limit, items }
    }

    /// A lower bound on the cost of routes that extend the label: the fractional knapsack of visits
    /// that it does not remember over the remaining time, each with its least travel.
    pub(super) fn least(&self, label: &Label) -> i64 {
        let graph = self.graph;
        let left = (graph.close - label.time).min(self.limit - label.load);
        let mut left = (left - graph.least_back).max(0);
        let mut cost = label.cost + self.rate * i64::from(graph.least_back);
        for item in &self.items {
            let gone = label.memory >> item.visit & 1 == 1;
            if gone || label.time + graph.least_in[item.visit] > graph.latest[item.visit] {
                continue;
            }
            if item.seconds > left {
                let part = i128::from(item.value) * i128::from(left);
                let part = part / i128::from(item.seconds) + 1;
                return cost - i64::try_from(part).unwrap_or(item.value);
            }
            left -= item.seconds;
            cost -= item.value;
        }
        cost
    }
}

fn items(graph: &ShiftGraph, rate: i64, prices: &[i64]) -> Vec<Item> {
    let item = |(visit, gain): (usize, &i64)| {
        let way = graph.least_in[visit];
        Item { visit, value: gain - rate * i64::from(way), seconds: graph.service[visit] + way }
    };
    let mut items: Vec<Item> = prices.iter().enumerate().map(item).collect();
    items.retain(|item| item.value > 0);
    items.sort_by(|a, b| {
        let here = i128::from(a.value) * i128::from(b.seconds);
        let there = i128::from(b.value) * i128::from(a.seconds);
        there.cmp(&here).then(a.visit.cmp(&b.visit))
    });
    items
}
