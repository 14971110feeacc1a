//! A report that arrives: its flags, its id, its row and its event.

use std::collections::BTreeSet;

use gridward_domain::id::ReportId;
use gridward_domain::task::Outcome;
use gridward_domain::word::Word as _;
use serde_json::json;
use uuid::Uuid;

use super::report_authors::Authors;
use super::report_consequences;
use super::report_content::ReportContent;
use super::report_flag::{self, ReportFlag};
use super::report_row::{self, ReportRow};
use super::report_sealed::Sealed;
use crate::beneficiary::plaque_rules::PlaqueRules;
use crate::catalogue::ServiceKind;
use crate::clock;
use crate::crypto::SealingKey;
use crate::db::DbError;
use crate::http::problem::Problem;
use crate::idempotency::CommandId;
use crate::log::Event;
use crate::task::commands::origin::Origin;
use crate::task::commands::transition::Step;
use crate::task::row::TaskRow;
use crate::tx::Tx;
use crate::vocabulary::Vocabularies;

/// The table value of an unreadable outcome.
const UNREAD: &str = "unread";

/// A report that arrives.
pub(in crate::task) struct NewReport<'a> {
    pub(in crate::task) task: &'a TaskRow,
    pub(in crate::task) authors: &'a Authors,
    pub(in crate::task) kind: Option<ServiceKind>,
    pub(in crate::task) words: Vocabularies,
    pub(in crate::task) content: &'a ReportContent,
    pub(in crate::task) origin: &'a Origin,
}

impl NewReport<'_> {
    /// The flags; an invalid report is refused, unless it comes from an outbox.
    ///
    /// # Errors
    /// 422.
    pub(in crate::task) fn flags(
        &self,
        tx: &mut Tx<'_>,
        is_handed_on: bool,
        plaques: &mut PlaqueRules,
    ) -> Result<BTreeSet<ReportFlag>, Problem> {
        let (kind, created) = (self.kind.as_ref(), self.task.created_at.and_utc());
        let (content, words) = (self.content, &self.words);
        let mut flags = report_flag::flags(content, kind, words, self.origin, created, tx.now)?;
        if is_handed_on {
            flags.insert(ReportFlag::HandedOn);
        }
        if report_consequences::leaves_a_need(tx, self.task, kind, content, plaques)? {
            flags.insert(ReportFlag::NoCase);
        }
        Ok(flags)
    }

    /// The id, that of the command; `None` if the report exists, although the command was forgotten.
    pub(in crate::task) fn id(&self, tx: &mut Tx<'_>) -> Result<Option<ReportId>, DbError> {
        let id = self.origin.id.as_ref().and_then(CommandId::uuid).unwrap_or_else(Uuid::now_v7);
        Ok(match tx.find::<ReportRow>(report_row::key(id))? {
            Some(there) if there.task == self.task.id && there.is_by(self.authors) => None,
            // Two phones generated the same id; both reports are stored.
            Some(_) => Some(ReportId(Uuid::now_v7())),
            None => Some(ReportId(id)),
        })
    }

    /// Stores it; `recorded` if it does not change the task.
    pub(in crate::task) fn store(
        &self,
        tx: &mut Tx<'_>,
        key: &SealingKey,
        id: ReportId,
        recorded: bool,
        flags: BTreeSet<ReportFlag>,
    ) -> Result<(), DbError> {
        let Self { task, authors, content, origin, .. } = self;
        let sealed = Sealed {
            content: ReportContent { on_behalf_of: None, ..(*content).clone() },
            made_at: origin.made_at,
            clock_behind_s: origin.clock_behind.num_seconds(),
        };
        let row = ReportRow {
            sealed: sealed.seal(key, (task.district, id))?,
            district: task.district,
            id,
            task: task.id,
            person: authors.visitor.person,
            outcome: content.outcome.map_or(UNREAD, Outcome::as_str).to_owned(),
            created_at: tx.now.naive_utc(),
            attempt: task.attempt,
            recorded,
            flags: flags.into(),
            grid: task.grid,
            kind: task.kind.clone(),
            beneficiary: task.beneficiary,
            received_on: clock::day(tx.now),
            made_on: Some(clock::day(origin.made(tx.now))),
            written_by: authors.written_by(),
            version: 1,
            amended_at: None,
        };
        tx.insert(row);
        Ok(())
    }

    /// Its event.
    pub(in crate::task) fn event(&self, step: &Step<'_>, id: ReportId, recorded: bool) -> Event {
        let mut body = json!({ "report": id });
        if let Some(outcome) = self.content.outcome {
            body["outcome"] = json!(outcome.as_str());
        }
        if recorded {
            body["recorded"] = json!(true);
        }
        if self.authors.written_by().is_some() {
            body["on_behalf_of"] = json!(self.authors.visitor.person);
        }
        step.event().by(self.authors.writer).on(self.origin.device()).with(body)
    }
}
