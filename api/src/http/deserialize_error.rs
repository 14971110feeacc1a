//! Rewords errors of deserialization. Each gives a pointer to the field (RFC 6901) and its requirement,
//! but never the value, which may be personal.

use serde_path_to_error::{Path, Segment};

use crate::http::problem::{FieldError, Problem, ProblemCode};

/// The problem for an error of a body: of its syntax, or of a field.
pub(super) fn problem_of(error: &serde_path_to_error::Error<serde_json::Error>) -> Problem {
    let inner = error.inner();
    if !inner.is_data() {
        return not_json(inner);
    }
    // serde_json appends line and column, which the pointer makes redundant.
    let message = inner.to_string();
    let at = format!(" at line {} column {}", inner.line(), inner.column());
    let (pointer, detail) = place(error.path(), message.strip_suffix(&at).unwrap_or(&message));
    Problem::invalid(&pointer, detail)
}

/// The pointer to the invalid field, and its requirement.
pub(super) fn place(path: &Path, message: &str) -> (String, String) {
    let mut pointer = pointer(path);
    let (field, detail) = plain(message);
    if let Some(field) = field {
        push(&mut pointer, field);
    }
    (pointer, detail)
}

/// The problem for JSON that cannot be parsed.
pub(super) fn not_json(error: &serde_json::Error) -> Problem {
    let place = format!("syntax error at line {}, column {}", error.line(), error.column());
    Problem::from(ProblemCode::InvalidJson).with(FieldError::new("", place))
}

/// The pointer of a path.
pub(super) fn pointer(path: &Path) -> String {
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => push(&mut pointer, &index.to_string()),
            Segment::Map { key } => push(&mut pointer, key),
            // The variant of an enum is not part of the pointer.
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    pointer
}

fn push(pointer: &mut String, name: &str) {
    /// No field has a longer name.
    const LONGEST: usize = 64;
    let name: String = name.chars().take(LONGEST).collect();
    pointer.push('/');
    pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
}

/// Rewords a message of serde: the name of a missing field, if it is about one,
/// and the requirement.
fn plain(message: &str) -> (Option<&str>, String) {
    if let Some(rest) = message.strip_prefix("missing field `") {
        return (rest.strip_suffix('`'), "is missing".to_owned());
    }
    if let Some(rest) = message.strip_prefix("duplicate field `") {
        return (rest.strip_suffix('`'), "is there twice".to_owned());
    }
    // The fault of a field that depends on others.
    if let Some((field, detail)) =
        message.strip_prefix("field `").and_then(|rest| rest.split_once("` "))
    {
        return (Some(field), detail.to_owned());
    }
    let expected = message.rsplit_once(", expected ").map(|(_, expected)| expected);
    let detail = match expected {
        Some(known) if message.starts_with("unknown field ") => {
            format!("is unknown; expected {}", without_ticks(known))
        }
        None if message.starts_with("unknown field ") => "is unknown".to_owned(),
        Some(known) if message.starts_with("unknown variant ") => {
            format!("must be {}", without_ticks(known))
        }
        Some(expected) if message.starts_with("invalid ") => {
            format!("must be {}", type_in_words(expected))
        }
        // Times have a deserializer of their own.
        _ if OF_DATES.contains(&message) => "must be a date, such as 2026-08-01".to_owned(),
        // That of the standard library for a parameter.
        _ if message == "provided string was not `true` or `false`" => {
            "must be true or false".to_owned()
        }
        _ if message.starts_with("UUID ") => "must be a UUID".to_owned(),
        _ if QUOTING.iter().any(|begins| message.starts_with(begins)) || !message.is_ascii() => {
            "is invalid".to_owned()
        }
        // All other messages are those of the domain's types.
        _ => message.to_owned(),
    };
    (None, detail)
}

/// The messages of the library for dates, none of which states the requirement.
const OF_DATES: [&str; 4] = [
    "input contains invalid characters",
    "premature end of input",
    "trailing input",
    "input is out of range",
];

/// The beginnings of messages that may quote the value.
const QUOTING: [&str; 3] = ["unknown ", "invalid ", "duplicate "];

fn without_ticks(list: &str) -> String {
    list.replace('`', "")
}

/// The JSON names of Rust types.
fn type_in_words(expected: &str) -> String {
    match expected {
        "i8" | "i16" | "i32" | "i64" | "u8" | "u16" | "u32" | "u64" | "usize" => {
            "a whole number in range".to_owned()
        }
        "f32" | "f64" => "a number".to_owned(),
        "a boolean" => "true or false".to_owned(),
        "a sequence" => "an array".to_owned(),
        "a map" => "an object".to_owned(),
        struct_ if struct_.starts_with("struct ") => "an object".to_owned(),
        other => other.to_owned(),
    }
}
