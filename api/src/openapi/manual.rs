//! What the contract explains in prose and tables: each table is made from what
//! the code goes by, so that it cannot say otherwise.

use std::fmt::Write as _;

use gridward_dispatch::authority::Role;
use gridward_dispatch::task::verb::MOVES;
use gridward_dispatch::task::{Phase, Verb};
use utoipa::openapi::{OpenApi, RefOr, Schema};

use crate::attachment::model::{LARGEST, MOST, MediaType};
use crate::body;
use crate::problem::Kind;
use crate::sync::model::MOST_COMMANDS;

/// Adds to the document what it explains of problems and of each tag.
pub(super) fn explain(document: &mut OpenApi) {
    let about = document.info.description.get_or_insert_default();
    about.push_str(&problems());
    let components = document.components.get_or_insert_default();
    if let Some(RefOr::T(Schema::Object(problem))) = components.schemas.get_mut("Problem")
        && let Some(RefOr::T(Schema::Object(code))) = problem.properties.get_mut("code")
    {
        let codes: Vec<String> =
            Kind::ALL.iter().map(|kind| format!("`{}`", kind.entry().code)).collect();
        let known = codes.join(", ");
        code.description = Some(format!(
            "The stable word for this kind of problem; branch on it. Today: {known}."
        ));
    }
    for tag in document.tags.iter_mut().flatten() {
        let more = match tag.name.as_str() {
            "tasks" => life(),
            "sync" => following(),
            "attachments" => limits(),
            _ => continue,
        };
        tag.description.get_or_insert_default().push_str(&more);
    }
}

/// Every problem there is.
fn problems() -> String {
    let mut table = String::from(
        "\n\nA problem's `errors` name each field that does not fit by a JSON pointer (RFC 6901) into \
         the body, or by the name of a query field or header; their `detail` is in English, for \
         developers.\n\n| code | status | again later | what it means |\n| --- | --- | --- | --- |\n",
    );
    for kind in Kind::ALL {
        let entry = kind.entry();
        let again = if entry.retryable { "yes" } else { "no" };
        // Writing to a String cannot fail.
        let _ =
            writeln!(table, "| `{}` | {} | {again} | {} |", entry.code, entry.status, entry.en.0);
    }
    table.truncate(table.trim_end().len());
    table
}

/// Which action fits which state, and whose it is.
fn life() -> String {
    let mut table = String::from(
        ".\n\nA task's `ETag` is its version, as `\"v7\"` with the quotes; send it back as it is in \
         `If-Match`. An action that does not fit the state is answered by 409 `task_phase` with the \
         task as it stands.\n\n| action | from | to | for |\n| --- | --- | --- | --- |\n",
    );
    for verb in Verb::ALL {
        let roles: Vec<&str> =
            Role::ALL.into_iter().filter(|role| verb.is_for(*role)).map(Role::word).collect();
        let roles = match verb {
            Verb::Assign => "dispatch".to_owned(),
            Verb::Expire => "the clock".to_owned(),
            _ => roles.join(", "),
        };
        let (from, to) = ends(verb);
        // Writing to a String cannot fail.
        let _ = writeln!(table, "| {} | {from} | {to} | {roles} |", verb.word());
    }
    table.truncate(table.trim_end().len());
    table
}

/// From where to where a verb moves a task.
fn ends(verb: Verb) -> (String, String) {
    let words = |is_one: &dyn Fn(Phase) -> bool| {
        let those = Phase::ALL.into_iter().filter(|phase| is_one(*phase));
        those.map(Phase::word).collect::<Vec<_>>().join(", ")
    };
    let stays = MOVES.iter().filter(|(one, ..)| *one == verb).all(|(_, from, to)| from == to);
    let from = words(&|phase| verb.starts_at(phase));
    let to = words(&|phase| Phase::ALL.into_iter().any(|start| verb.moves(start, phase)));
    (from, if stays { "the same".to_owned() } else { to })
}

/// How a phone follows the server.
fn following() -> String {
    format!(
        ".\n\nA phone keeps the rows it was sent and an outbox of what its person did, each command \
         with a UUIDv7 of its own. `POST /v1/sync` sends up to {MOST_COMMANDS} commands in at most \
         {} KiB (gzip is taken) and brings what has changed.\n\n\
         - A command leaves the outbox when its outcome is `applied`, `recorded` or `rejected`; on \
         `retry`, or without an answer, it is sent again, unchanged and under the same id. What was \
         answered once is answered again, with `replayed: true`.\n\
         - A command that cannot be read (`invalid`, `unknown_command`) is `rejected` alone and \
         leaves nothing behind: mended, it may come under the same id. One that was refused for \
         what it asks stays refused: asked anew, it is another command with another id.\n\
         - A report is always kept. `recorded` says that it moved nothing: the task had moved on, \
         or it could not be read how the visit ended. What cannot be read of it, a form that is not \
         kept to, times or a clock that cannot be right are marked among its `doubts`, where the \
         same report sent by `POST /v1/tasks/{{id}}/report` is refused for the person to put right. \
         A report whose own `id` or `task_id` cannot be read, or whose task its person neither sees nor \
         ever had, is `rejected`.\n\
         - A row of `changes` replaces the one held unless its `version` is lower; what is `removed` \
         is forgotten, personal data with it; on `reset` all rows are dropped, the outbox never.\n\
         - While `has_more`, call again at once; else after `next_poll_s`, or on a hint of the stream.",
        body::LIMIT / 1024
    )
}

/// What may be attached.
fn limits() -> String {
    let kinds: Vec<String> = MediaType::ALL
        .iter()
        .map(|kind| format!("`{}` up to {} MiB", kind.word(), kind.largest() / (1024 * 1024)))
        .collect();
    format!(
        ".\n\nThe tus protocol 1.0.0: core, creation, checksum and termination. {}. At most {MOST} of \
         one person to one task, and {} MiB each. What arrived is kept if it has the \
         announced SHA-256 and begins as its type does.",
        kinds.join(", "),
        LARGEST / (1024 * 1024)
    )
}
