//! The contract's explanations in prose and tables. Each table is generated from
//! the definitions that the code uses, so the two cannot disagree.

use gridward_domain::word::VariantArray as _;
use gridward_domain::word::Word as _;
use std::fmt::Write as _;

use gridward_domain::authority::Role;
use gridward_domain::task::verb::TRANSITIONS;
use gridward_domain::task::{Phase, Verb};
use utoipa::openapi::{OpenApi, RefOr, Schema};

use crate::attachment::expiration::LIFETIME;
use crate::attachment::model::{LARGEST, MOST, MediaType};
use crate::http::json;
use crate::http::problem::catalogue;
use crate::sync::model::MOST_COMMANDS;

/// Adds the explanations of the problems and of the tags to the document.
pub(super) fn explain(document: &mut OpenApi) {
    let about = document.info.description.get_or_insert_default();
    about.push_str(&problems());
    let components = document.components.get_or_insert_default();
    if let Some(RefOr::T(Schema::Object(problem))) = components.schemas.get_mut("Problem")
        && let Some(RefOr::T(Schema::Object(code))) = problem.properties.get_mut("code")
    {
        let codes: Vec<String> =
            catalogue::entries().map(|entry| format!("`{}`", entry.code)).collect();
        let known = codes.join(", ");
        code.description = Some(format!(
            "Stable identifier of the kind of problem; branch on it. Current values: {known}."
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

/// The table of all problems.
fn problems() -> String {
    let mut table = String::from(
        "\n\nThe `errors` of a problem identify each invalid field by a JSON pointer (RFC 6901) into \
         the body, or by the name of the query parameter or header. Their `detail` is in English, \
         for developers.\n\n| code | status | retryable | meaning |\n| --- | --- | --- | --- |\n",
    );
    for entry in catalogue::entries() {
        let again = if entry.retryable { "yes" } else { "no" };
        // Writing to a String cannot fail.
        let _ =
            writeln!(table, "| `{}` | {} | {again} | {} |", entry.code, entry.status, entry.en.0);
    }
    table.truncate(table.trim_end().len());
    table
}

/// The state machine of a task, and the roles of each action.
fn life() -> String {
    let mut table = String::from(
        ".\n\nThe `ETag` of a task is its version in quotes, such as `\"v7\"`; send it unchanged in \
         `If-Match`. An action that the state does not allow gets 409 `task_phase` with the current \
         task (`current.task`) and its assignee (`current.assignee`). A repeated action is not an \
         error: an assignee who claims, accepts or starts again gets the current task. A report on \
         an open task is accepted only from an outbox, and only if its author was the assignee at \
         the time of the report.\n\n| action | from | to | roles |\n| --- | --- | --- | --- |\n",
    );
    for verb in Verb::VARIANTS.iter().copied() {
        let roles =
            Role::VARIANTS.iter().copied().filter(|role| verb.is_for(*role)).map(Role::as_str);
        let itself = verb.is_automatic().then_some("the server");
        let roles = roles.chain(itself).collect::<Vec<_>>().join(", ");
        let (from, to) = ends(verb);
        // Writing to a String cannot fail.
        let _ = writeln!(table, "| {} | {from} | {to} | {roles} |", verb.as_str());
    }
    table.truncate(table.trim_end().len());
    table
}

/// The states before and after a verb.
fn ends(verb: Verb) -> (String, String) {
    let words = |is_one: &dyn Fn(Phase) -> bool| {
        let those = Phase::VARIANTS.iter().copied().filter(|phase| is_one(*phase));
        those.map(Phase::as_str).collect::<Vec<_>>().join(", ")
    };
    let stays = TRANSITIONS.iter().filter(|(one, ..)| *one == verb).all(|(_, from, to)| from == to);
    let from = words(&|phase| verb.starts_at(phase));
    let to = words(&|phase| Phase::VARIANTS.iter().copied().any(|start| verb.leads(start, phase)));
    (from, if stays { "the same".to_owned() } else { to })
}

/// Incremental sync: the rules for phones.
fn following() -> String {
    format!(
        ".\n\nA phone keeps the rows it was sent and an outbox of what its person did, each command \
         with a UUIDv7 of its own. `POST /v1/sync` sends up to {MOST_COMMANDS} commands in at most \
         {} KiB of JSON (gzip is taken; the limit is of what it unpacks to) and brings what has \
         changed. On 413 send fewer at a time.\n\n\
         - A phone is sent the kinds of service, the notices and its person's shifts; a manager, \
         supervisor or admin also all tasks of the area that are not long over, with their \
         beneficiaries; a volunteer the open tasks of the grid and those assigned to them, with \
         the beneficiaries of these. Names, phones and addresses are in clear for who visits now, \
         masked for others.\n\
         - A command leaves the outbox when its outcome is `applied`, `recorded` or `rejected`; on \
         `retry`, or without an answer, it is sent again, unchanged and under the same id. What was \
         answered once is answered again, with `replayed: true`.\n\
         - A command that does not fit (`invalid`, `invalid_json`, `unknown_command`) is `rejected` \
         alone and leaves nothing behind: mended, it may come under the same id. One that was refused \
         for another reason stays refused: asked anew, it is another command with another id. The \
         same holds for an `Idempotency-Key`.\n\
         - A report is always kept. `recorded` says that it moved nothing: the task had moved on, \
         or it could not be read how the visit ended. What cannot be read of it (`unread`), a form \
         that is not kept to, times or a clock that cannot be right are marked among its `flags`, \
         where the same report sent by `POST /v1/tasks/{{id}}/report` is refused for the person to \
         put right. Only a report whose `id` or `task_id` cannot be read (`invalid`), whose id named \
         something else before (`command_id_reused`), or whose task its person neither has to do \
         with now nor ever had (`not_found`, `forbidden`) is `rejected`; and one that the server \
         fails at five times (`command_set_aside`), which is kept for those who run the service.\n\
         - A row of `changes` replaces the one held unless its `version` is lower; what is `removed` \
         is forgotten, personal data with it; on `reset` all rows are dropped, the outbox never.\n\
         - `base_version` binds decisions over a task (`task.reassign`, `task.reschedule`, \
         `task.escalate`, `task.cancel`, `task.reopen`): if the task is of another version by then, \
         they are `rejected` as `version_conflict`. Of what a assignee does it only informs.\n\
         - `flags` of a report: `clock`, the phone's clock is off by more than five minutes or the \
         report is of the future or from before its task; `times`, it ended before it began or in \
         the future, or was before its task was made; `form`, the \
         answers do not fit the kind's form; `place`, its accuracy is impossible; `note` and \
         `attachments`, there is more than the contract allows; `unread`, something could not be \
         read, or it does not say how it ended.\n\
         - While `has_more`, call again at once; else after `next_poll_s`, or on a hint of the stream.",
        json::LIMIT / 1024
    )
}

/// The limits of attachments.
fn limits() -> String {
    let kinds: Vec<String> = MediaType::VARIANTS
        .iter()
        .map(|kind| format!("`{}` up to {} MiB", kind.as_str(), kind.largest() / (1024 * 1024)))
        .collect();
    format!(
        ".\n\nThe tus protocol 1.0.0: core, creation, expiration, checksum and termination. {}. At most \
         {MOST} of one person to one task, and {} MiB each. One that is not whole after {} days is \
         forgotten (`Upload-Expires`), and the oldest such makes room for one too many. What arrived is kept if it has the \
         announced SHA-256 and begins as its type does.",
        kinds.join(", "),
        LARGEST / (1024 * 1024),
        LIFETIME.num_days()
    )
}
