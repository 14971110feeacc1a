//! The HTTP endpoints for items, stocks and movements.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post, put};
use gridward_domain::area::AreaCode;
use gridward_domain::authority::Action;
use gridward_domain::code::ItemCode;
use gridward_domain::goods::MovementAction;
use gridward_domain::id::MovementId;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use super::coverage::{self, GoodsCoverage};
use super::model::{GoodsItem, GoodsItemContent, GoodsMovement, GoodsStock, NewGoodsMovement};
use super::{handout_routes, items, move_stock, movement_store, store};
use crate::area;
use crate::auth::Authenticated;
use crate::clock::{self, Clock};
use crate::crypto::KeyRing;
use crate::http::openapi;
use crate::http::page::{self, NoFilter, Page, PageQuery, Paged};
use crate::http::problem::Problem;
use crate::http::{IfMatch, Json as Body, Query, versioned};
use crate::idempotency::{Commands, IdempotencyKey};
use crate::tx::Db;

/// Serves all of them.
pub(crate) fn register(config: &mut ServiceConfig<'_>) {
    config
        .service(list_goods_items)
        .service(put_goods_item)
        .service(get_goods_coverage)
        .service(list_goods_stocks)
        .service(list_goods_movements)
        .service(enter_goods_movement)
        .service(handout_routes::list_handouts)
        .service(handout_routes::hand_out)
        .service(handout_routes::get_handout)
        .service(handout_routes::return_handout);
}

/// List the items of the goods
///
/// Lists the register of items, ordered by code. Allowed roles: all.
#[utoipa::path(
    tag = "goods",
    operation_id = "list_goods_items",
    params(PageQuery),
    responses((status = OK, description = "A page of items", body = Page<GoodsItem>), openapi::Read),
)]
#[get("/goods/items")]
pub(crate) async fn list_goods_items(
    request: HttpRequest,
    db: Data<Db>,
    Authenticated(principal): Authenticated,
    Paged { page, .. }: Paged<NoFilter>,
) -> Result<HttpResponse, Problem> {
    principal.may(Action::UseService)?;
    let wanted = page.wanted::<ItemCode>()?;
    let limit = wanted.limit;
    let rows = db.read(move |conn| store::items(conn, principal.district(), &wanted)).await?;
    let items = rows.into_iter().map(store::ItemRow::item).collect();
    let page = page::page(items, limit, |item: &GoodsItem| item.code.clone());
    Ok(page.answer(request.path(), request.query_string()))
}

/// Put an item of the goods
///
/// Creates the item under a code of the caller's choice, or replaces its content, which requires
/// `If-Match`. Repeating the call changes nothing. Allowed roles: admins.
#[utoipa::path(
    tag = "goods",
    operation_id = "put_goods_item",
    params(("code" = ItemCode, Path, description = "The item"), openapi::OwnNames),
    request_body(content = GoodsItemContent, description = "The content"),
    responses(
        (
            status = OK, description = "The changed item", body = GoodsItem,
            headers(("ETag" = String, description = "The version, such as `\"v7\"`")),
        ),
        (
            status = CREATED, description = "The new item", body = GoodsItem,
            headers(("ETag" = String, description = "The version, such as `\"v1\"`")),
        ),
        openapi::Decide,
    ),
)]
#[put("/goods/items/{code}")]
pub(crate) async fn put_goods_item(
    db: Data<Db>,
    Authenticated(principal): Authenticated,
    code: Path<ItemCode>,
    base: IfMatch,
    Body(content): Body<GoodsItemContent>,
) -> Result<HttpResponse, Problem> {
    let code = code.into_inner();
    let put = db.write(principal.district(), move |tx| {
        items::put(tx, &principal, code.clone(), content.clone(), &base)
    });
    let (item, is_new) = put.await?;
    let status = if is_new { HttpResponse::Created() } else { HttpResponse::Ok() };
    Ok(versioned::at_version(status, item.version).json(item))
}

/// The area of a coverage.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CoverageQuery {
    /// Only beneficiaries of this area. Default: the caller's.
    area: Option<AreaCode>,
}

/// Get the coverage by a plaque
///
/// Counts the households that are entitled to an item with a `plaque`, and those of them whose plaque is there, in an
/// area and in those directly below. A beneficiary without the number of a household counts as one. An item without
/// a `plaque` is 404. Allowed roles: supervisors, admins and auditors.
#[utoipa::path(
    tag = "goods",
    operation_id = "get_goods_coverage",
    params(("code" = ItemCode, Path, description = "The item"), CoverageQuery),
    responses(
        (status = OK, description = "The coverage", body = GoodsCoverage),
        openapi::Read,
    ),
)]
#[get("/goods/items/{code}/coverage")]
pub(crate) async fn get_goods_coverage(
    (db, clock): (Data<Db>, Data<Clock>),
    Authenticated(principal): Authenticated,
    code: Path<ItemCode>,
    Query(query): Query<CoverageQuery>,
) -> Result<HttpResponse, Problem> {
    let area = query.area.unwrap_or(principal.area);
    principal.authorize(Action::ReadGoods, &area)?;
    area::known::in_query(&db, query.area).await?;
    let (item, today) = (code.into_inner(), clock::day((clock)()));
    let below = area.level().child();
    let read = db.read(move |conn| coverage::of(conn, (area, item.clone()), below, today));
    let coverage = read.await?;
    Ok(HttpResponse::Ok().json(coverage.ok_or_else(Problem::not_found)?))
}

/// Filter of stocks.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct StockQuery {
    /// Only stations of this area and its descendants.
    pub area: Option<AreaCode>,
    /// Only this item.
    pub item: Option<ItemCode>,
}

/// List the stocks
///
/// Lists what the stations of the caller's area have in stock, ordered by area and item. Allowed
/// roles: supervisors, admins and auditors.
#[utoipa::path(
    tag = "goods",
    operation_id = "list_goods_stocks",
    params(StockQuery, PageQuery),
    responses((status = OK, description = "A page of stocks", body = Page<GoodsStock>), openapi::Read),
)]
#[get("/goods/stocks")]
pub(crate) async fn list_goods_stocks(
    request: HttpRequest,
    db: Data<Db>,
    Authenticated(principal): Authenticated,
    Paged { filter: query, page }: Paged<StockQuery>,
) -> Result<HttpResponse, Problem> {
    principal.authorize(Action::ReadGoods, &query.area.unwrap_or(principal.area))?;
    area::known::in_query(&db, query.area).await?;
    let wanted = page.wanted::<(AreaCode, ItemCode)>()?;
    let limit = wanted.limit;
    let scope = query.area.unwrap_or(principal.area).range();
    let read = db.read(move |conn| store::stocks(conn, &scope, query.item.as_ref(), &wanted));
    let stocks = read.await.map_err(Problem::from)?;
    let page = page::page(stocks, limit, |stock: &GoodsStock| (stock.area, stock.item.clone()));
    Ok(page.answer(request.path(), request.query_string()))
}

/// Filter of movements.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MovementQuery {
    /// Only movements from or to stations of this area and its descendants.
    pub area: Option<AreaCode>,
    /// Only this item.
    pub item: Option<ItemCode>,
    /// Only movements of this kind.
    pub action: Option<MovementAction>,
}

/// List the movements of goods
///
/// Lists what changed the stocks of the caller's area, newest first. Allowed roles: supervisors,
/// admins and auditors.
#[utoipa::path(
    tag = "goods",
    operation_id = "list_goods_movements",
    params(MovementQuery, PageQuery),
    responses(
        (status = OK, description = "A page of movements", body = Page<GoodsMovement>),
        openapi::Read,
    ),
)]
#[get("/goods/movements")]
pub(crate) async fn list_goods_movements(
    request: HttpRequest,
    (db, keys): (Data<Db>, Data<KeyRing>),
    Authenticated(principal): Authenticated,
    Paged { filter: query, page }: Paged<MovementQuery>,
) -> Result<HttpResponse, Problem> {
    principal.authorize(Action::ReadGoods, &query.area.unwrap_or(principal.area))?;
    area::known::in_query(&db, query.area).await?;
    let wanted = page.wanted::<MovementId>()?;
    let (keys, limit) = (keys.clone(), wanted.limit);
    let scope = query.area.unwrap_or(principal.area).range();
    let read = db.read(move |conn| {
        let key = keys.key(conn, principal.district())?;
        let rows =
            movement_store::movements(conn, &scope, (query.action, query.item.as_ref()), &wanted)?;
        rows.iter().map(|row| row.movement(&key)).collect::<Result<Vec<_>, _>>()
    });
    let movements = read.await.map_err(Problem::from)?;
    let page = page::page(movements, limit, |movement: &GoodsMovement| movement.id);
    Ok(page.answer(request.path(), request.query_string()))
}

/// Enter a movement of goods
///
/// Goods came from outside, go to a station below or back to one above, or were counted. A stock is never negative: to
/// allot more than there is, is 409 `goods_short`. An allotment that names no lot is recorded as a movement of each lot
/// from which it takes, the first to expire first; the answer has their sum, under the id of the first. What has expired
/// goes back up alone: to a station below, a `lot` that has is 422 `/lot`, and the others do not count. A count of all
/// pieces that finds fewer than the lots have is 422 `/quantity`: each lot that lacks some is counted. Allowed roles:
/// supervisors and admins, for stations of their area; what is left over may also go back to a station above their area.
#[utoipa::path(
    tag = "goods",
    operation_id = "enter_goods_movement",
    request_body(content = NewGoodsMovement, description = "The movement"),
    responses(
        (status = CREATED, description = "The movement", body = GoodsMovement),
        openapi::Write,
    ),
)]
#[post("/goods/movements")]
pub(crate) async fn enter_goods_movement(
    commands: Data<Commands>,
    Authenticated(principal): Authenticated,
    key: IdempotencyKey,
    Body(new): Body<NewGoodsMovement>,
) -> Result<HttpResponse, Problem> {
    let entered = commands.run(principal, key, new, |new, tx, sealing, principal| {
        move_stock::enter(tx, sealing, principal, new)
    });
    Ok(entered.await?.answer(HttpResponse::Created()))
}
