//! A computed plan as it is looked at: its visits, loads, obstacles and reasons, and its comparison with
//! another one.

pub mod changed_visits;
pub mod chosen_why;
pub mod compare;
pub mod compare_names;
pub mod draft;
pub mod loads;
pub mod obstacles;
pub mod subjects;
pub mod unserved;
pub mod visit_list;
pub mod visit_routes;
pub mod visit_store;
pub mod why;
