//! Whom a campaign reaches.

use gridward_domain::area::AreaCode;
use gridward_domain::audience::Filter;
use gridward_domain::code::KindCode;

use super::store::CampaignRow;
use crate::db::{Conn, DbError};
use crate::goods::plan::{self, ItemForEach};

/// The members of the audience; of a campaign with goods alone those of them who may get one of the items.
///
/// # Errors
/// [`DbError`].
pub(super) fn members(
    conn: &mut Conn,
    district: AreaCode,
    (kind, items): (Option<&KindCode>, &[ItemForEach]),
    audience: Filter,
) -> Result<Filter, DbError> {
    if kind.is_some() {
        return Ok(audience);
    }
    Ok(Filter::All(vec![audience, plan::audience(conn, district, items)?]))
}

impl CampaignRow {
    /// Those whom it reaches: [`members`].
    ///
    /// # Errors
    /// [`DbError`].
    pub(super) fn members(&self, conn: &mut Conn) -> Result<Filter, DbError> {
        members(conn, self.district, (self.kind.as_ref(), &self.items()?), self.filter()?)
    }
}
