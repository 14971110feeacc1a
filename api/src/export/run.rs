//! Makes an export: reads the pages of a list, writes them to a file, records the file in the log
//! and answers it.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::body::SizedStream;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LANGUAGE, CONTENT_TYPE, VARY,
};
use actix_web::web::Bytes;
use chrono::{DateTime, Utc};
use futures_util::stream;
use gridward_domain::area::AreaCode;
use gridward_domain::authority::Principal;
use serde_json::{Map, Value, json};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::spawn_blocking;

use super::cell::{Cell, Column};
use super::encode::Encoder;
use super::error::ExportError;
use super::format::Format;
use crate::area;
use crate::clock::{self, Clock};
use crate::db::{Conn, DbError};
use crate::http::problem::Problem;
use crate::http::problem::answer::Language;
use crate::log::{Event, Subject};
use crate::tx::Db;

/// The bytes of an answer that are read at a time.
const PART: usize = 64 * 1024;

/// The files that a server writes at the same time; further exports wait.
const AT_A_TIME: usize = 2;

/// The rows of a page, and the position after them if more may follow.
pub type Rows<K> = (Vec<Vec<Cell>>, Option<K>);

/// A list that is exported.
pub trait Listing: Send + Sync + 'static {
    /// The position in the order of the list.
    type Position: Clone + Send + 'static;
    /// The name of the file, and of the action in the log.
    const NAME: (&'static str, &'static str);
    /// The columns.
    const COLUMNS: &'static [Column];

    /// The rows after the position.
    ///
    /// # Errors
    /// [`DbError`].
    fn page(
        &self,
        conn: &mut Conn,
        after: Option<Self::Position>,
    ) -> Result<Rows<Self::Position>, DbError>;
}

/// Makes exports, a few at a time.
#[derive(Debug)]
pub struct Exports(Semaphore);

impl Default for Exports {
    fn default() -> Self {
        Self(Semaphore::new(AT_A_TIME))
    }
}

/// An export that was asked for.
#[derive(Clone, Debug)]
pub struct Order {
    /// The caller.
    pub principal: Principal,
    /// The area that the filter names, or the caller's.
    pub area: AreaCode,
    /// The format.
    pub format: Format,
    /// The language of headings and labels.
    pub language: Language,
    /// The filters, as they were sent.
    pub sent: Map<String, Value>,
}

impl Exports {
    /// Makes the file of a list, records it and answers it.
    ///
    /// # Errors
    /// 404 for an unknown area; [`Problem`] of the database or of the temporary file; 400 if the format has too few rows.
    pub async fn answer<L: Listing>(
        &self,
        db: &Db,
        clock: Clock,
        order: Order,
        listing: L,
    ) -> Result<HttpResponse, Problem> {
        area::known::in_query(db, Some(order.area)).await?;
        let permit = self.0.acquire().await.map_err(Problem::defect)?;
        let (file, rows) = write(db, &order, listing).await?;
        drop(permit);
        record(db, &order, L::NAME.1, rows).await?;
        respond(file, &order, L::NAME.0, clock()).await
    }
}

/// Writes the pages of a list to a file, on a thread of its own, while the next page is read;
/// returns the number of rows too.
async fn write<L: Listing>(db: &Db, order: &Order, listing: L) -> Result<(File, u64), Problem> {
    let (format, language) = (order.format, order.language);
    let (send, mut pages) = mpsc::channel::<Vec<Vec<Cell>>>(2);
    let writer = spawn_blocking(move || {
        let mut encoder = Encoder::new(format, L::COLUMNS, language)?;
        let mut rows = 0;
        while let Some(page) = pages.blocking_recv() {
            for row in &page {
                encoder.row(row)?;
                rows += 1;
            }
        }
        Ok::<_, ExportError>((encoder.finish()?, rows))
    });
    let listing = Arc::new(listing);
    let mut after = None;
    loop {
        let (list, from) = (Arc::clone(&listing), after.clone());
        let (rows, next) = db.read(move |conn| list.page(conn, from.clone())).await?;
        // A writer that failed receives no more, and its error is below.
        let stopped = send.send(rows).await.is_err();
        match next {
            Some(next) if !stopped => after = Some(next),
            _ => break,
        }
    }
    drop(send);
    let written = writer.await.map_err(Problem::defect)?;
    Ok(written?)
}

/// Records an export before it is answered: who, what, by which filter, how many rows.
async fn record(db: &Db, order: &Order, action: &'static str, rows: u64) -> Result<(), Problem> {
    let (me, area) = (order.principal.person, order.area);
    let body = json!({ "format": order.format, "filter": order.sent, "rows": rows });
    let recorded = db.write(order.principal.district(), move |tx| {
        tx.record(Event::new(action, Subject::Reading, me, area, 1).by(me).with(body.clone()));
        Ok::<_, Problem>(())
    });
    recorded.await
}

/// The answer with the file.
async fn respond(
    mut file: File,
    order: &Order,
    name: &str,
    now: DateTime<Utc>,
) -> Result<HttpResponse, Problem> {
    let measured = spawn_blocking(move || {
        let size = file.seek(SeekFrom::End(0))?;
        file.rewind()?;
        Ok::<_, io::Error>((file, size))
    });
    let (file, size) = measured.await.map_err(Problem::defect)?.map_err(ExportError::Io)?;
    let (area, day, format) = (order.area, clock::day(now), order.format);
    let disposition = format!("attachment; filename=\"gridward-{name}-{area}-{day}.{format}\"");
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, format.media_type()))
        .insert_header((CONTENT_DISPOSITION, disposition))
        .insert_header((CONTENT_LANGUAGE, order.language.tag()))
        .insert_header((VARY, "Accept-Language"))
        .insert_header((CACHE_CONTROL, "no-store"))
        .body(SizedStream::new(size, parts(file))))
}

/// The bytes of the file, in parts.
fn parts(file: File) -> impl futures_util::Stream<Item = Result<Bytes, Problem>> {
    stream::unfold(Some(file), |file| async {
        let mut file = file?;
        let read = spawn_blocking(move || {
            let mut part = Vec::with_capacity(PART);
            let size = u64::try_from(PART).unwrap_or(u64::MAX);
            file.by_ref().take(size).read_to_end(&mut part)?;
            Ok::<_, io::Error>((part, file))
        });
        match read.await.map_err(Problem::defect) {
            Ok(Ok((part, _))) if part.is_empty() => None,
            Ok(Ok((part, file))) => Some((Ok(Bytes::from(part)), Some(file))),
            // The aborted answer shows the client that the file is incomplete.
            Ok(Err(error)) => Some((Err(ExportError::Io(error).into()), None)),
            Err(error) => Some((Err(error), None)),
        }
    })
}
