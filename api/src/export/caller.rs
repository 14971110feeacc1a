//! The caller of an export.

use std::collections::HashMap;

use actix_web::HttpRequest;
use gridward_domain::area::AreaCode;
use gridward_domain::authority::Principal;
use gridward_domain::code::ItemCode;

use super::labels::Labels;
use super::query::Exported;
use super::run::Order;
use crate::auth::RecentAccess;
use crate::clock::Clock;
use crate::db::DbError;
use crate::goods::model::GoodsItemContent;
use crate::goods::store as goods_store;
use crate::http::problem::Problem;
use crate::http::problem::answer::Language;
use crate::tx::Db;

/// What every export needs of the server and of the request.
pub(super) struct Caller<'a> {
    pub(super) db: &'a Db,
    pub(super) clock: Clock,
    pub(super) principal: Principal,
    pub(super) language: Language,
}

impl<'a> Caller<'a> {
    pub(super) fn of(
        request: &HttpRequest,
        db: &'a Db,
        clock: Clock,
        access: RecentAccess,
    ) -> Self {
        let RecentAccess(access) = access;
        Self { db, clock, principal: access.principal, language: Language::of(request) }
    }

    /// The order of a file of the area.
    pub(super) fn order<Q>(&self, area: AreaCode, query: Exported<Q>) -> Order {
        let Exported { format, sent, .. } = query;
        Order { principal: self.principal, area, format, language: self.language, sent }
    }

    pub(super) async fn labels(&self) -> Result<Labels, Problem> {
        let (scope, language) = (self.principal.scope(), self.language);
        let read = self.db.read(move |conn| Labels::read(conn, &scope, language)).await;
        Ok(read.map_err(|error: DbError| error)?)
    }

    /// The items of the goods of the caller's district.
    pub(super) async fn items(&self) -> Result<HashMap<ItemCode, GoodsItemContent>, Problem> {
        let district = self.principal.district();
        let read = self.db.read(move |conn| goods_store::all_items(conn, district)).await;
        Ok(read.map_err(|error: DbError| error)?)
    }
}
