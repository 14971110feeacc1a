//! The query of an export: the filters of the list, and the format.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use utoipa::IntoParams;

use super::format::Format;
use crate::http::deserialize;
use crate::http::problem::Problem;

/// The format of an export.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FormatQuery {
    /// The format of the file.
    #[param(inline)]
    pub format: Format,
}

/// The query of an export.
#[derive(Clone, Debug)]
pub struct Exported<Q> {
    /// The filters of the list.
    pub filter: Q,
    /// The format.
    pub format: Format,
    /// The filters as they were sent, for the log: codes, days and ids.
    pub sent: Map<String, Value>,
}

impl<Q: DeserializeOwned> FromRequest for Exported<Q> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(split(request.query_string()))
    }
}

fn split<Q: DeserializeOwned>(query: &str) -> Result<Exported<Q>, Problem> {
    let fields = form_urlencoded::parse(query.as_bytes());
    let (format, filter): (Vec<_>, Vec<_>) = fields.partition(|(name, _)| name == "format");
    let text = |fields: &[_]| {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
    };
    let sent = filter.iter().map(|(name, value)| (name.to_string(), Value::from(value.as_ref())));
    let sent = sent.collect();
    let filter = deserialize::query_beside(&text(&filter), &["format"])?;
    let FormatQuery { format } = deserialize::query(&text(&format))?;
    Ok(Exported { filter, format, sent })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Filter {
        area: Option<String>,
    }

    #[test]
    fn the_format_is_required_and_every_other_parameter_is_a_filter() {
        let Exported { filter, format, sent } =
            split::<Filter>("area=5&format=xlsx").expect("a query");
        assert_eq!((filter.area.as_deref(), format), (Some("5"), Format::Xlsx));
        assert_eq!(Value::Object(sent), serde_json::json!({ "area": "5" }));
        for (wrong, name) in [
            ("area=5", "format"),
            ("format=pdf", "format"),
            ("format=csv&colour=red", "colour"),
            ("format=csv&limit=5", "limit"),
        ] {
            let problem = split::<Filter>(wrong).expect_err(wrong);
            assert_eq!(problem.errors()[0].pointer, name, "{wrong}");
        }
        assert!(split::<Filter>("format=csv&format=csv").is_err(), "a parameter twice");
    }
}
