//! Who goes where, by number: the search behind [`crate::solve`].

#![allow(missing_docs, dead_code)]
mod anneal;
pub mod budget;
mod draft;
pub mod instance;
mod model;
mod pairs;
mod pool;
mod random;
mod recreate;
mod ruin;
mod timeline;
mod tour;
pub mod travel;
pub mod weights;

pub use budget::Budget;
pub use instance::Instance;
pub use weights::Weights;

/// Routes by shift, in the order of the volunteers and their shifts.
#[derive(Clone, Debug, Default)]
pub struct Solution { pub routes: Vec<Vec<u32>>, pub unserved: Vec<u32>, pub cost: i64 }

pub fn search(instance: &Instance, weights: Weights, budget: &Budget<'_>, seed: u64) -> Solution {
    let model = model::Model::new(instance, weights);
    let draft = anneal::search(&model, budget, seed);
    let mut unserved = draft.out.clone();
    unserved.sort_unstable();
    let cost = draft.cost(&model);
    Solution { routes: draft.tours.into_iter().map(|tour| tour.visits().collect()).collect(), unserved, cost }
}
