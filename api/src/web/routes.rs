//! Serves the web apps.

use actix_web::http::header::{
    self, AcceptEncoding, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY,
    ContentEncoding, ETag, EntityTag, Header as _, IfNoneMatch, LOCATION, VARY,
};
use actix_web::web::{self, Data, Path, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};

use super::files::{self, File};
use super::{WebApps, headers};
use crate::http::problem::Problem;
use crate::person::invitation_link;

/// The folder of the phone app, in the build and in the address.
const PHONE: &str = "m";

/// The page of a build without the apps.
const PLACEHOLDER: &str = include_str!("placeholder.html");

/// The page of an installation that serves no apps.
const OFF: &str = include_str!("off.html");

/// The service worker that takes the place of an installed one where the apps are off: it removes
/// itself and the cached files. The database of the app stays, so that no report is lost.
const REMOVER: &str = include_str!("remover.js");

/// Adds the paths of the apps.
pub fn register(config: &mut ServiceConfig) {
    config
        .route("/", web::get().to(entrance))
        .route("/m", web::get().to(entrance))
        .route("/m/{path:.*}", web::get().to(phone));
}

/// Leads to the phone app, or says that there is none.
async fn entrance(apps: Data<WebApps>) -> HttpResponse {
    match apps.get_ref() {
        WebApps::Embedded if files::is_built(PHONE) => {
            HttpResponse::Found().insert_header((LOCATION, "/m/")).finish()
        }
        WebApps::Embedded => page(PLACEHOLDER),
        WebApps::Off => page(OFF),
    }
}

/// A file of the phone app; any other path without a dot is a screen of it.
async fn phone(
    request: HttpRequest,
    apps: Data<WebApps>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    if *apps.get_ref() == WebApps::Off {
        return without_app(&path, OFF);
    }
    if !files::is_built(PHONE) {
        return without_app(&path, PLACEHOLDER);
    }
    let name = if path.contains('.') { path.as_str() } else { "index.html" };
    let name = format!("{PHONE}/{name}");
    let file = files::find(&name, &accepted(&request)).ok_or_else(Problem::not_found)?;
    Ok(answer(&request, &name, file))
}

/// The answer to a path of the phone app where there is none.
fn without_app(path: &str, instead: &'static str) -> Result<HttpResponse, Problem> {
    match path {
        "enrol" => Ok(invitation_link::open()),
        "" => Ok(page(instead)),
        "sw.js" if instead == OFF => Ok(with_policy(&mut HttpResponse::Ok())
            .content_type(headers::media_type(path))
            .insert_header((CACHE_CONTROL, headers::REVALIDATED))
            .body(REMOVER)),
        _ => Err(Problem::not_found()),
    }
}

/// The encodings that the client accepts, the smallest first.
fn accepted(request: &HttpRequest) -> Vec<ContentEncoding> {
    let accepts = AcceptEncoding::parse(request).map(|accepts| accepts.0).unwrap_or_default();
    let all = [ContentEncoding::Brotli, ContentEncoding::Gzip, ContentEncoding::Identity];
    let accepted = |encoding: &ContentEncoding| {
        let encoding = header::Encoding::Known(*encoding);
        encoding == header::Encoding::identity()
            || accepts.iter().any(|offer| {
                offer.item == header::Preference::Specific(encoding.clone())
                    && offer.quality > header::Quality::ZERO
            })
    };
    all.into_iter().filter(accepted).collect()
}

/// The answer with a file, or 304 if the client has it.
fn answer(request: &HttpRequest, name: &str, file: File) -> HttpResponse {
    let tag = EntityTag::new_strong(file.tag);
    let known = IfNoneMatch::parse(request).is_ok_and(|known| match known {
        IfNoneMatch::Any => true,
        IfNoneMatch::Items(tags) => tags.iter().any(|other| other.weak_eq(&tag)),
    });
    let mut response = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    let caching = if headers::is_hashed(name) { headers::IMMUTABLE } else { headers::REVALIDATED };
    with_policy(&mut response)
        .insert_header((CACHE_CONTROL, caching))
        .insert_header(ETag(tag))
        .insert_header((VARY, "accept-encoding"));
    if known {
        return response.finish();
    }
    if file.encoding != ContentEncoding::Identity {
        response.insert_header((CONTENT_ENCODING, file.encoding.as_str()));
    }
    response.content_type(headers::media_type(name)).body(file.bytes.into_owned())
}

/// The answer with a page.
fn page(text: &'static str) -> HttpResponse {
    with_policy(&mut HttpResponse::Ok())
        .content_type(header::ContentType::html())
        .insert_header((CACHE_CONTROL, headers::REVALIDATED))
        .body(text)
}

/// Adds the headers of every page and file.
fn with_policy(response: &mut HttpResponseBuilder) -> &mut HttpResponseBuilder {
    response
        .insert_header((CONTENT_SECURITY_POLICY, headers::POLICY))
        .insert_header((header::PERMISSIONS_POLICY, headers::PERMISSIONS))
        .insert_header((header::CROSS_ORIGIN_OPENER_POLICY, "same-origin"))
}
