//! `GET /openapi.yaml` and `GET /docs`: the contract of this server, as a file and as a page.

use std::sync::LazyLock;

use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::{contract, docs_page};
use crate::db::column::Hash;
use crate::http::problem::Problem;

/// The path of the file.
pub(super) const FILE: &str = "/openapi.yaml";
/// The path of the page.
pub(super) const PAGE: &str = "/docs";

static YAML: LazyLock<Result<String, String>> =
    LazyLock::new(|| contract::yaml().map_err(|error| error.to_string()));

static HTML: LazyLock<Result<String, String>> = LazyLock::new(|| {
    let yaml = YAML.as_ref().map_err(Clone::clone)?;
    let document = yaml_serde::from_str(yaml).map_err(|error| error.to_string())?;
    Ok(docs_page::page(&document))
});

static POLICY: LazyLock<String> = LazyLock::new(|| {
    let hash = BASE64_STANDARD.encode(Hash::sha256(docs_page::STYLE));
    format!("default-src 'none'; style-src 'sha256-{hash}'; frame-ancestors 'none'")
});

/// The contract, as `gridward openapi` prints it.
pub(super) async fn file() -> Result<HttpResponse, Problem> {
    let yaml = YAML.as_ref().map_err(Problem::defect)?;
    Ok(HttpResponse::Ok().content_type("application/yaml").body(yaml.as_str()))
}

/// The contract as a page.
pub(super) async fn page() -> Result<HttpResponse, Problem> {
    let html = HTML.as_ref().map_err(Problem::defect)?;
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((CONTENT_SECURITY_POLICY, POLICY.as_str()))
        .body(html.as_str()))
}
