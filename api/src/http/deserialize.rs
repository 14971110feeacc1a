//! Deserializes JSON and queries.

use chrono::{DateTime, FixedOffset};
use serde::de::{DeserializeOwned, Error as _, IgnoredAny};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::de::SliceRead;

use super::deserialize_error::{not_json, place, pointer, problem_of};
use super::strict::Strict;
use crate::http::problem::Problem;

/// Reads a body whose objects are objects, each key once.
///
/// # Errors
/// 400 for invalid JSON, 422 for an invalid field.
pub fn body<T: DeserializeOwned>(json: &[u8]) -> Result<T, Problem> {
    let mut reader = serde_json::Deserializer::from_slice(json);
    let read = serde_path_to_error::deserialize(Strict(&mut reader));
    ended(json, read, &mut reader)
}

/// Reads JSON.
///
/// # Errors
/// 400 for invalid JSON, 422 for an invalid field.
pub fn bytes<T: DeserializeOwned>(json: &[u8]) -> Result<T, Problem> {
    let mut reader = serde_json::Deserializer::from_slice(json);
    let read = serde_path_to_error::deserialize(&mut reader);
    ended(json, read, &mut reader)
}

/// What was read, if nothing follows.
fn ended<T>(
    json: &[u8],
    read: Result<T, serde_path_to_error::Error<serde_json::Error>>,
    reader: &mut serde_json::Deserializer<SliceRead<'_>>,
) -> Result<T, Problem> {
    let read = read.map_err(|error| {
        // serde_json reports a null, a number or an array in the place of an enumeration as a syntax error.
        let is_json = || {
            let text = std::str::from_utf8(json);
            text.is_ok_and(|text| serde_json::from_str::<IgnoredAny>(text).is_ok())
        };
        if error.inner().is_syntax() && is_json() {
            return Problem::invalid(&pointer(error.path()), "is of the wrong type");
        }
        problem_of(&error)
    })?;
    // No bytes may follow the value.
    reader.end().map_err(|error| not_json(&error))?;
    Ok(read)
}

/// Reads a JSON value.
///
/// # Errors
/// 422 for an invalid field.
pub fn value<T: DeserializeOwned>(json: Value) -> Result<T, Problem> {
    serde_path_to_error::deserialize(json).map_err(|error| problem_of(&error))
}

/// Reads a query.
///
/// # Errors
/// 400, naming the invalid parameter.
pub fn query<T: DeserializeOwned>(text: &str) -> Result<T, Problem> {
    query_beside(text, &[])
}

/// As [`query`], where the parameters `beside` are parsed separately: a problem lists them
/// among the known ones.
///
/// # Errors
/// As [`query`].
pub fn query_beside<T: DeserializeOwned>(text: &str, beside: &[&str]) -> Result<T, Problem> {
    let fields = serde_urlencoded::Deserializer::new(form_urlencoded::parse(text.as_bytes()));
    serde_path_to_error::deserialize(fields).map_err(|error| {
        let mut message = error.inner().to_string();
        if message.starts_with("unknown field ") {
            for name in beside {
                message.extend([", `", name, "`"]);
            }
        }
        let (pointer, detail) = place(error.path(), &message);
        Problem::unreadable(pointer.trim_start_matches('/'), detail)
    })
}

/// Deserializes a time with an offset (RFC 3339).
///
/// # Errors
/// The requirement, since the error of the library does not state it.
pub fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DateTime<FixedOffset>, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|_| D::Error::custom("must be an RFC 3339 time with an offset"))
}

/// As [`time`], or `null`.
///
/// # Errors
/// As [`time`].
pub fn optional_time<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<DateTime<FixedOffset>>, D::Error> {
    #[derive(Deserialize)]
    struct Time(#[serde(deserialize_with = "time")] DateTime<FixedOffset>);
    Ok(Option::<Time>::deserialize(deserializer)?.map(|Time(time)| time))
}

/// Deserializes a field that is present: `null` is `Some(None)`, an absent field is the default.
///
/// # Errors
/// Those of the value.
pub fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use gridward_domain::area::AreaCode;
    use gridward_domain::bounded_text::NoticeTitle;
    use gridward_domain::place::Place;
    use gridward_domain::range::ServiceMinutes;
    use gridward_domain::time::Window;
    use serde_json::json;

    use super::*;
    use crate::http::problem::ProblemCode;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read")]
    struct Example {
        area: AreaCode,
        minutes: u16,
        place: Option<Place>,
        #[serde(default)]
        words: BTreeSet<Word>,
    }

    #[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Word {
        One,
        Two,
    }

    fn error(json: Value) -> (String, String) {
        let problem = value::<Example>(json).expect_err("does not fit");
        let error = &problem.errors()[0];
        (error.pointer.clone(), error.detail.clone())
    }

    #[test]
    fn an_error_names_the_field_and_never_the_value() {
        let at = |pointer: &str, detail: &str| (pointer.to_owned(), detail.to_owned());
        let area = "500116";
        assert_eq!(error(json!({ "area": area })), at("/minutes", "is missing"));
        assert_eq!(
            error(json!({ "area": area, "minutes": 5, "a/b": 1 })),
            at("/a~1b", "is unknown; expected one of area, minutes, place, words")
        );
        assert_eq!(
            error(json!({ "area": area, "minutes": "王小明" })),
            at("/minutes", "must be a whole number in range")
        );
        assert_eq!(
            error(json!({ "area": area, "minutes": 5, "words": ["one", "张三"] })),
            at("/words/1", "must be one or two")
        );
        assert_eq!(error(json!([])), at("", "must be an object"));
        assert_eq!(
            error(json!({ "area": area, "minutes": 5, "place": { "lat": 29.0 } })),
            at("/place/lon", "is missing")
        );
        let (pointer, detail) = error(json!({ "area": "123", "minutes": 5 }));
        assert_eq!(pointer, "/area");
        assert!(!detail.contains("123"), "{detail}");
    }

    #[test]
    fn a_wrong_type_in_place_of_a_word_is_no_syntax_error() {
        let code = |json: &str| {
            let problem = bytes::<Example>(json.as_bytes()).expect_err("does not fit");
            (problem.code(), problem.errors()[0].pointer.clone())
        };
        let not_text = b"{ \"words\": [\"\xff\"] }";
        assert_eq!(bytes::<Example>(not_text).expect_err("no UTF-8").code(), "invalid_json");
        for wrong in ["null", "1", "[]", "true"] {
            let json = format!(r#"{{ "area": "500116", "minutes": 5, "words": [{wrong}] }}"#);
            assert_eq!(code(&json), ("invalid", "/words/0".to_owned()));
        }
        assert_eq!(code(r#"{ "words": ["#).0, "invalid_json");
    }

    #[test]
    fn a_value_out_of_bounds_is_refused_with_its_bounds() {
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        #[expect(dead_code, reason = "only read")]
        struct Bounded {
            minutes: Option<ServiceMinutes>,
            title: Option<NoticeTitle>,
            window: Option<Window>,
        }
        let refused = |json: Value| {
            let text = json.to_string();
            let problem = bytes::<Bounded>(text.as_bytes()).expect_err("does not fit");
            assert_eq!(problem.kind(), Some(ProblemCode::Invalid));
            let error = &problem.errors()[0];
            (error.pointer.clone(), error.detail.clone())
        };
        let at = |pointer: &str, detail: &str| (pointer.to_owned(), detail.to_owned());
        for minutes in [json!(0), json!(481), json!(-1)] {
            assert_eq!(
                refused(json!({ "minutes": minutes })),
                at("/minutes", "must be from 1 to 480")
            );
        }
        for minutes in [json!("30"), json!(30.0), json!(u64::MAX)] {
            let detail = "must be a whole number in range";
            assert_eq!(refused(json!({ "minutes": minutes })), at("/minutes", detail));
        }
        let long = "must have from 1 to 100 characters";
        assert_eq!(refused(json!({ "title": "" })), at("/title", long));
        assert_eq!(
            refused(json!({ "title": "13800138000\0" })),
            at("/title", "must not contain a NUL")
        );
        let window = |start, end| refused(json!({ "window": { "start": start, "end": end } }));
        assert_eq!(window(600, 540), at("/window", "a window must end after it starts"));
        assert_eq!(
            window(600, 1441),
            at("/window/end", "a time of day must be from 00:00 to 24:00")
        );
        assert_eq!(refused(json!({ "window": { "start": 540 } })), at("/window/end", "is missing"));
        let problem = query::<Bounded>("minutes=481").expect_err("does not fit");
        assert_eq!(problem.kind(), Some(ProblemCode::BadRequest));
        assert_eq!(problem.errors()[0].detail, "must be from 1 to 480");
    }

    #[test]
    fn a_value_that_looks_like_a_message_is_not_shown() {
        for value in ["13800138000 at line 2", "13800138000, expected u8", "13800138000"] {
            for name in ["minutes", "words", "place", "area"] {
                let body = json!({ "area": "500116", name: [value], "minutes": value }).to_string();
                let problem = bytes::<Example>(body.as_bytes()).expect_err("does not fit");
                let detail = &problem.errors()[0].detail;
                assert!(!detail.contains("138"), "{detail}");
            }
        }
        let problem = value::<uuid::Uuid>(json!("13800138000")).expect_err("no id");
        assert_eq!(problem.errors()[0].detail, "must be a UUID");
    }

    #[test]
    fn an_error_of_a_query_names_the_field() {
        let refused = |text: &str| {
            let problem = query::<Example>(text).expect_err("does not fit");
            let error = &problem.errors()[0];
            (problem.kind(), error.pointer.clone(), error.detail.clone())
        };
        let at = |name: &str, detail: &str| {
            (Some(ProblemCode::BadRequest), name.to_owned(), detail.to_owned())
        };
        assert_eq!(refused("area=500116"), at("minutes", "is missing"));
        assert_eq!(refused("area=500116&minutes=many"), at("minutes", "is invalid"));
        assert_eq!(refused("area=x&minutes=5").1, "area");
        let unknown = "is unknown; expected one of area, minutes, place, words";
        assert_eq!(refused("area=500116&minutes=5&color=red"), at("color", unknown));
        let problem = query::<BTreeMap<String, bool>>("check=yes").expect_err("does not fit");
        assert_eq!(problem.errors()[0].detail, "must be true or false");
    }

    #[test]
    fn a_body_has_objects_where_the_contract_has_them_and_each_key_once() {
        #[derive(Debug, Deserialize)]
        #[expect(dead_code, reason = "only read")]
        struct Outer {
            inner: Vec<Inner>,
            words: BTreeMap<String, Value>,
            raw: Option<Box<serde_json::value::RawValue>>,
        }
        #[derive(Debug, Deserialize)]
        #[expect(dead_code, reason = "only read")]
        struct Inner {
            minutes: Option<u16>,
        }
        let refused = |json: &str| {
            let problem = body::<Outer>(json.as_bytes()).expect_err("does not fit");
            let error = &problem.errors()[0];
            (problem.code(), error.pointer.clone(), error.detail.clone())
        };
        let at = |pointer: &str, detail: &str| ("invalid", pointer.to_owned(), detail.to_owned());
        assert_eq!(refused("[[], {}]"), at("", "must be an object"));
        let array = r#"{ "inner": [{ "minutes": 1 }, [1]], "words": {} }"#;
        assert_eq!(refused(array), at("/inner/1", "must be an object"));
        let twice = r#"{ "inner": [{ "minutes": 1, "minutes": 2 }], "words": {} }"#;
        assert_eq!(refused(twice), at("/inner/0/minutes", "is there twice"));
        let deep = r#"{ "inner": [], "words": { "a": { "b": 1, "c": [{ "d": 1, "d": 1 }] } } }"#;
        assert_eq!(refused(deep), at("/words/a/c/0/d", "is there twice"));
        let read: Outer = body(br#"{ "inner": [], "words": { "a": 1.5 }, "raw": { "x": [1] } }"#)
            .expect("it fits");
        assert_eq!(read.raw.expect("it is there").get(), r#"{ "x": [1] }"#);
    }

    #[test]
    fn an_error_of_syntax_names_line_and_column() {
        for (text, place) in [("{ not json", "line 1, column 3"), ("{} {}", "line 1, column 4")] {
            let problem = bytes::<Value>(text.as_bytes()).expect_err("no JSON");
            assert_eq!(problem.kind(), Some(ProblemCode::InvalidJson));
            let detail = &problem.errors()[0].detail;
            assert!(detail.ends_with(place), "{detail}");
        }
    }
}
