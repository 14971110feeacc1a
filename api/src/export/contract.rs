//! The answer of exports in the contract.

use std::collections::BTreeMap;

use serde_json::json;
use utoipa::IntoResponses;
use utoipa::openapi::response::ResponseBuilder;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{Content, ContentBuilder, RefOr, Response};

use crate::http::openapi::text_header;

/// The longest file.
const LONGEST: usize = 9_007_199_254_740_991;

/// A file in one of the formats.
pub struct ExportedFile;

impl IntoResponses for ExportedFile {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let file = ResponseBuilder::new()
            .description("The file")
            .content("text/csv", text("任务编号,服务项目,状态\r\n"))
            .content(
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
                ContentBuilder::new().schema(Some(bytes())).build(),
            )
            .content("application/x-ndjson", text("{\"kind\":\"home_visit\"}\n"))
            .header("Content-Disposition", text_header("The name of the file"))
            .header("Content-Language", text_header("The language of headings and labels"))
            .build();
        BTreeMap::from([("200".to_owned(), RefOr::T(file))])
    }
}

fn text(example: &str) -> Content {
    let schema = ObjectBuilder::new().schema_type(Type::String).max_length(Some(LONGEST));
    ContentBuilder::new().schema(Some(schema)).example(Some(json!(example))).build()
}

fn bytes() -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Binary)))
        .max_length(Some(LONGEST))
}
