//! The contract's explanations in prose and tables. Each table is generated from
//! the definitions that the code uses, so the two cannot disagree.

use gridward_domain::word::VariantArray as _;
use gridward_domain::word::Word as _;
use std::fmt::Write as _;

use gridward_domain::authority::Role;
use gridward_domain::task::verb::MOVES;
use gridward_domain::task::{Phase, Verb};
use utoipa::openapi::{OpenApi, RefOr, Schema};

use crate::attachment::model::{LARGEST, MOST, MediaType};
use crate::http::json;
use crate::http::problem::Kind;
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
            Kind::ALL.iter().map(|kind| format!("`{}`", kind.entry().code)).collect();
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

/// The state machine of a task, and the roles of each action.
fn life() -> String {
    let mut table = String::from(
        ".\n\nThe `ETag` of a task is its version in quotes, such as `\"v7\"`; send it unchanged in \
         `If-Match`. An action that the state does not allow gets 409 `task_phase` with the current \
         task (`current.task`) and its assignee (`current.holder`). A repeated action is not an \
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
    let stays = MOVES.iter().filter(|(one, ..)| *one == verb).all(|(_, from, to)| from == to);
    let from = words(&|phase| verb.starts_at(phase));
    let to = words(&|phase| Phase::VARIANTS.iter().copied().any(|start| verb.moves(start, phase)));
    (from, if stays { "the same".to_owned() } else { to })
}

/// Incremental sync: the rules for phones.
fn following() -> String {
    format!(
        ".\n\nA phone stores the rows it receives, and an outbox of its user's commands, each with a \
         UUIDv7 of its own. `POST /v1/sync` sends up to {MOST_COMMANDS} commands in at most {} KiB \
         of JSON (optionally gzip; the limit applies to the decompressed size) and returns the \
         changes since the cursor. After a 413, send fewer commands per call.\n\n\
         - Scope: every phone receives the kinds of service, the notices and its user's shifts. A \
         manager, supervisor or admin also receives all tasks of the area except those that ended \
         long ago, with their beneficiaries. A volunteer receives the open tasks of the grid and \
         the volunteer's own tasks, with their beneficiaries. Names, phones and addresses are in \
         clear for the person who is to visit and masked for others.\n\
         - Outcomes: a phone deletes a command from the outbox when its outcome is `applied`, \
         `recorded` or `rejected`. On `retry`, or without an answer, it sends the command again, \
         unchanged and with the same id. A repeated command gets its first outcome, with \
         `replayed: true`.\n\
         - Rejections: a malformed command (`invalid`, `invalid_json`, `unknown_command`) is \
         `rejected` without effect on other commands, and its id is not stored: the corrected \
         command may use the same id. Any other rejection is final: a new attempt needs a new id. \
         The same applies to an `Idempotency-Key`.\n\
         - Reports: a report is always stored. `recorded` means that it did not change the task, \
         because the task had changed before or the outcome of the visit was unreadable. Unreadable \
         parts (`unread`), invalid form answers and implausible times or clocks become `flags` of \
         the report; `POST /v1/tasks/{{id}}/report` rejects the same report so that its author can \
         correct it. A report is `rejected` only if its `id` or `task_id` is unreadable (`invalid`), \
         its id was used for another command (`command_id_reused`), its author neither has nor ever \
         had access to the task (`not_found`, `forbidden`), or the server failed to process it five \
         times (`command_dead_lettered`); in that case the operators can read it.\n\
         - Rows: a row of `changes` replaces the stored row unless its `version` is lower. The phone \
         deletes `removed` rows with their personal data. On `reset` it deletes all rows, but never \
         the outbox.\n\
         - Versions: decisions about a task (`task.reassign`, `task.reschedule`, `task.escalate`, \
         `task.cancel`, `task.reopen`) are `rejected` with `version_conflict` if the task no longer \
         has the version `base_version`. For the assignee's commands `base_version` is only \
         informative.\n\
         - `flags` of a report: `clock`, the phone's clock differs by more than five minutes or the \
         report is dated in the future; `times`, the visit ended before it began, or in the future; \
         `form`, the answers do not match the form of the kind of service; `place`, the accuracy is \
         impossible; `note` and `attachments`, the size or number exceeds the limit; `unread`, a \
         part is unreadable or the outcome is missing.\n\
         - Polling: while `has_more` is true, call again at once; otherwise after `next_poll_s` \
         seconds or on a hint from the stream.",
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
        ".\n\nUploads use the tus protocol 1.0.0: core, creation, checksum and termination. {}. At most \
         {MOST} attachments per person and task, and {} MiB each. A completed upload is stored only \
         if its SHA-256 matches the announced one and its first bytes match its media type.",
        kinds.join(", "),
        LARGEST / (1024 * 1024)
    )
}
