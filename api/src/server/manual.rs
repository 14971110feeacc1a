//! Explanations in the contract, as prose and tables. Each table is generated from
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
use crate::limits::DailyQuota;
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

/// The table of problems.
fn problems() -> String {
    let mut table = String::from(
        "\n\nThe `errors` of a problem identify each invalid field by a JSON pointer (RFC 6901) into \
         the body, or by the name of the query parameter or header. Their `detail` is in \
         the caller's language if it is a frequent one, else in English.\n\n| code | status | retryable | meaning |\n| --- | --- | --- | --- |\n",
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
         the time of the report, at most 72 hours ago.\n\n\
         | action | from | to | roles |\n| --- | --- | --- | --- |\n",
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
        ".\n\nA phone stores the rows that it has received, and an outbox of its user's commands, \
         each with a UUIDv7. `POST /v1/sync` sends up to {MOST_COMMANDS} commands in at most {} KiB \
         of JSON (gzip is accepted; the limit applies to the decompressed body) and returns the \
         changes. On 413, send fewer commands at a time.\n\n\
         - Each phone receives the kinds of service, the vocabularies of the district, the notices, \
         its user's shifts and notices about the account. A \
         manager, supervisor or admin also receives the beneficiaries of the area and its tasks, \
         an auditor its tasks alone, except those that ended long ago; a volunteer receives the \
         open tasks of the grid and the volunteer's own tasks, with their beneficiaries. Names, \
         phone numbers and addresses are in clear only for the visitor, from the assignment until \
         72 hours after the visit (`view`: `visitor`). Staff gets them masked (`staff`); a \
         volunteer without the task gets the masked name and the cell of the home (`pool`), and of \
         the task neither title nor occasion nor origin.\n\
         - A command leaves the outbox when its outcome is `applied`, `recorded` or `rejected`. On \
         `retry`, or without an answer, it is sent again, unchanged and with the same id. A \
         repeated command gets the stored outcome, with `replayed: true`.\n\
         - A command that cannot be read (a missing or unknown field, a value of the wrong form, \
         an unknown `type`) is `rejected` without affecting the others, and is not stored, since its \
         text alone decides: the same text is refused again, unless a later version can read it, \
         and a corrected one may use the same id. A command that was refused for any other reason, such as an `invalid` value that the \
         server has checked, stays refused and is replayed; to try again, send a new command \
         with a new id. A refused call with an `Idempotency-Key` is not stored.\n\
         - A report by a present or former assignee is always stored. `recorded` means that it did \
         not change the task: the task had changed or was handed on to another person, or the \
         outcome was unreadable. Unreadable fields, answers that violate the form, and impossible \
         times or clocks are marked in its `flags`; `POST /v1/tasks/{{id}}/report` refuses such a \
         report, since its author can still correct it. A report is `rejected` only if its `id` or \
         `task_id` is unreadable (`invalid`), if its id was used for something else \
         (`command_id_reused`), if its author neither has nor had the task (`not_assignee`, \
         `task_phase`, `not_found`, `forbidden`), or if the server failed to process it five times \
         (`command_dead_lettered`); the operators can then recover it. A command beyond \
         a daily quota of its sender ({} reports, {} commands) gets `retry`, and so does a report \
         that would be refused as not assigned while an earlier command to its task is not final \
         (`earlier_command_pending`).\n\
         - A row in `changes` replaces the stored row unless its `version` is lower. Rows in \
         `removed` are deleted, including personal data. On `reset`, all rows are deleted, but \
         never the outbox. If its `reset_reason` is `epoch`, `age` or `district`, they may stay \
         until the last page of the snapshot, so that work goes on meanwhile; each new row \
         replaces the old one whatever their versions, and rows that the snapshot did not bring \
         are deleted at its end.\n\
         - A task names its `kind` and the `kind_version` by which its report is checked. If the \
         row `service_kind` of that id has another `version`, the row `kind@kind_version` has the \
         one of the task; it is sent for 180 days after its replacement.\n\
         - `base_version` guards decisions about a task (`task.reassign`, `task.reschedule`, \
         `task.escalate`, `task.cancel`, `task.reopen`) or a case (`case.move`): if that has another version, \
         they are `rejected` with `version_conflict`, but for the move of a case that has only risen since. For the \
         commands of an assignee it is informational.\n\
         - `flags` of a report: `clock`: the phone's clock was wrong by more than five minutes, or \
         the report is dated in the future or before its task; `times`: the visit ended before it \
         began or in the future, or preceded its task; `form`: the answers violate the form of the \
         kind of service, or an answer or a need is no word of the district; `place`: the accuracy of the position is impossible; `note` and \
         `attachments`: the limit of the contract is exceeded; `unread`: part of the report was \
         unreadable, or the outcome is missing; `handed_on`: the task had been handed on to \
         another person; `no_case`: a need has no effect, since its kind of service has no rule for it, or the \
         kind of case is archived, or is about a beneficiary and the visit was to a place.\n\
         - `beneficiary.correct` proposes a correction of a home that its author sees, or saw when it was \
         made, at most 30 days before it arrives; it names `beneficiary_id` instead of `task_id`. Its \
         outcome is the row `correction` of its id: `pending`, later `approved` or `rejected`.\n\
         - `task.propose_day` proposes another day for a task of its author, and `need.raise` a task for \
         a beneficiary, who is named in its payload. A manager decides by `proposal.accept` or \
         `proposal.refuse`, which name `proposal_id`. A proposal has the id of its command.\n\
         - The phone of a grid's manager has the planned hand-outs of the grid as rows `handout`, that of a \
         volunteer those to the beneficiaries of the own unfinished visits, and the \
         phones of all who hand out goods the rows `goods_item`. `handout.hand_out` hands goods out at the \
         time of the command; a planned hand-out keeps its id, which the outcome's `version` refers to, and its \
         row is removed. A beneficiary who has the goods already is `handout_done`, and so is one in whose household \
         another member gets them by a campaign that plans one for each; withdrawn goods are \
         `handout_withdrawn`, one who is not entitled is `handout_not_entitled`, and a second plaque of a household is \
         `household_has_plaque`. `handout.return` names `handout_id`.\n\
         - The phone of a grid's manager has the cases at whose step the grid acts as rows `case`, without \
         descriptions and history. `case.move` names `case_id` and `base_version`, and has the body of \
         `POST /v1/cases/{{id}}/moves`.\n\
         - While `has_more` is true, call again at once; otherwise after `next_poll_s` seconds, or \
         on a hint of the stream.",
        json::LIMIT / 1024,
        DailyQuota::Reports.limit(),
        DailyQuota::Answers.limit(),
    )
}

/// The limits of attachments.
fn limits() -> String {
    let kinds: Vec<String> = MediaType::VARIANTS
        .iter()
        .map(|kind| format!("`{}` up to {} MiB", kind.as_str(), kind.largest() / (1024 * 1024)))
        .collect();
    format!(
        ".\n\nThe tus protocol 1.0.0: core, creation, expiration, checksum and termination. {}. At \
         most {MOST} attachments of a person for a task or a case, and {} MiB each. An incomplete upload \
         expires after {} days (`Upload-Expires`), or earlier if a new upload needs its place. A \
         complete upload is accepted if its SHA-256 is the announced one and its first bytes match \
         its media type.",
        kinds.join(", "),
        LARGEST / (1024 * 1024),
        LIFETIME.num_days()
    )
}
