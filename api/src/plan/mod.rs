//! Dispatch over the database: assigns visits in an area over a range of days.
//!
//! An [`order`] waits in the [`queue`] until the [`planner`] of a server takes it. [`run`] reads the
//! rows, [`build`] converts them into the solver's problem, `gridward_dispatch::solve` computes a
//! plan, and [`draft`] stores it: nothing else changes. [`apply`] assigns the tasks of a draft and
//! [`undo`] opens them again, each in one transaction, or in several if there are many; a task that has
//! changed in the meantime stays as it is. The job `plan_upkeep` orders the plans of the nights
//! ([`enqueue_nightly`]), those of tasks that lost their assignee and of urgent new ones ([`replan`]), and
//! takes back what was not accepted in time ([`offers`]) or is held up by an earlier visit
//! ([`overruns`]).

pub mod after_release;
pub mod applied;
pub mod apply;
mod assignment;
pub mod base;
pub mod base_visit;
mod batches;
pub mod build;
mod busy;
pub mod carried;
pub mod changed_visits;
pub mod changes;
pub mod commands;
pub mod compare;
pub mod compare_names;
mod computation;
pub mod computed;
mod departure;
pub mod draft;
mod dry;
pub mod dry_result;
pub mod earliest;
pub mod enqueue;
pub mod enqueue_nightly;
mod former_marks;
pub mod imagined;
pub mod input;
pub mod lane;
mod left;
mod left_open;
pub mod loads;
pub mod model;
mod movable;
mod moves;
mod moving;
pub mod nightly;
pub mod obstacles;
pub mod offers;
pub mod order;
mod other_drafts;
pub mod overruns;
pub mod plan_row;
pub mod plan_state;
pub mod planner;
mod premises;
pub mod progress_stream;
mod question;
pub mod queue;
pub mod replan;
mod replan_tries;
pub mod reported;
mod rest_of_day;
pub mod retention;
pub mod routes;
pub mod run;
pub mod seconded;
pub mod selection;
pub mod settings;
pub mod settings_routes;
mod solving;
pub mod span;
pub mod store;
pub mod stored_order;
mod subjects;
mod suggestion;
mod ties;
mod under_way;
pub mod undo;
pub mod unserved;
pub mod visit_list;
pub mod visit_routes;
pub mod visit_store;
pub mod weighting;
pub mod what_if;
pub mod why;
mod work;
