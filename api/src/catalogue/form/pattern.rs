//! The patterns that a form may have: a subset that every engine of regular expressions matches
//! in time linear in the text, also those of phones, which try one way after another.
//!
//! A pattern is a sequence of characters and classes between `^` and `$`, each with at most one
//! quantifier. Without groups a quantifier is never inside another, and the numbers of
//! repetitions can be combined in at most [`MOST_WAYS`] ways, besides one that is unbounded.

use std::iter::Peekable;
use std::str::Chars;

use thiserror::Error;

/// The most characters of a pattern.
const LONGEST: usize = 128;
/// The most repetitions of one part.
const MOST_TIMES: u32 = 100;
/// The most combinations of the numbers of repetitions.
const MOST_WAYS: u32 = 256;

/// Why a pattern is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(super) enum PatternError {
    #[error("must have at most 128 characters")]
    Long,
    #[error("must begin with ^ and end with $")]
    Open,
    #[error("groups, alternatives, references and assertions are not supported")]
    Group,
    #[error("only \\d, \\w, \\s, their negations and escaped punctuation are supported after \\")]
    Escape,
    #[error("a class in brackets must be closed, not empty, and have ascending ranges")]
    Class,
    #[error("a quantifier must follow a character or a class, with at most 100 repetitions")]
    Quantifier,
    #[error("could take too long: use fewer optional or repeated parts")]
    Ways,
}

/// Checks that `pattern` is in the subset.
pub(super) fn check(pattern: &str) -> Result<(), PatternError> {
    if pattern.chars().count() > LONGEST {
        return Err(PatternError::Long);
    }
    let inner = pattern.strip_prefix('^').and_then(|rest| rest.strip_suffix('$'));
    let mut chars = inner.ok_or(PatternError::Open)?.chars().peekable();
    let (mut ways, mut unbounded) = (1_u32, false);
    while let Some(first) = chars.next() {
        atom(first, &mut chars)?;
        let times = quantifier(&mut chars)?;
        if times.most.is_none() && std::mem::replace(&mut unbounded, true) {
            return Err(PatternError::Ways);
        }
        ways = ways.saturating_mul(times.ways());
        if ways > MOST_WAYS {
            return Err(PatternError::Ways);
        }
    }
    Ok(())
}

/// Reads one character, escape or class that begins with `first`.
fn atom(first: char, rest: &mut Peekable<Chars<'_>>) -> Result<(), PatternError> {
    match first {
        '\\' => escape(rest).map(drop),
        '[' => class(rest),
        '(' | ')' | '|' | '^' | '$' => Err(PatternError::Group),
        '*' | '+' | '?' | '{' | '}' => Err(PatternError::Quantifier),
        ']' => Err(PatternError::Class),
        _ => Ok(()),
    }
}

/// Reads the rest of an escape sequence; returns the character if the sequence denotes one literally.
fn escape(rest: &mut Peekable<Chars<'_>>) -> Result<Option<char>, PatternError> {
    match rest.next() {
        Some('d' | 'D' | 'w' | 'W' | 's' | 'S') => Ok(None),
        // Those that JavaScript allows with its flag `u`.
        Some(c) if "^$\\.*+?()[]{}|/-".contains(c) => Ok(Some(c)),
        _ => Err(PatternError::Escape),
    }
}

/// Reads a class after its opening bracket.
fn class(rest: &mut Peekable<Chars<'_>>) -> Result<(), PatternError> {
    rest.next_if_eq(&'^');
    let mut empty = true;
    // The character before, from which a range may begin.
    let mut before: Option<char> = None;
    loop {
        match rest.next().ok_or(PatternError::Class)? {
            ']' if empty => return Err(PatternError::Class),
            ']' => return Ok(()),
            // `&&`, `--` and `~~` are operators in some engines.
            '[' | '&' | '~' => return Err(PatternError::Class),
            '-' => {
                let from = before.take().ok_or(PatternError::Class)?;
                let to = match rest.next() {
                    Some('\\') => escape(rest)?,
                    Some(']' | '[' | '&' | '~' | '-') | None => None,
                    Some(c) => Some(c),
                };
                if to.is_none_or(|to| to < from) {
                    return Err(PatternError::Class);
                }
            }
            '\\' => before = escape(rest)?,
            c => before = Some(c),
        }
        empty = false;
    }
}

/// How often a part repeats.
#[derive(Clone, Copy)]
struct Times {
    least: u32,
    /// `None`: without end.
    most: Option<u32>,
}

impl Times {
    /// The number of choices, besides an unbounded one.
    fn ways(self) -> u32 {
        self.most.map_or(1, |most| most.saturating_sub(self.least).saturating_add(1))
    }
}

/// Reads a quantifier; without one a part is there once.
fn quantifier(rest: &mut Peekable<Chars<'_>>) -> Result<Times, PatternError> {
    let times = match rest.peek() {
        Some('?') => Times { least: 0, most: Some(1) },
        Some('*') => Times { least: 0, most: None },
        Some('+') => Times { least: 1, most: None },
        Some('{') => {
            rest.next();
            return counted(rest);
        }
        _ => return Ok(Times { least: 1, most: Some(1) }),
    };
    rest.next();
    Ok(times)
}

/// Reads `n}`, `n,}` or `n,m}`.
fn counted(rest: &mut Peekable<Chars<'_>>) -> Result<Times, PatternError> {
    let least = number(rest).ok_or(PatternError::Quantifier)?;
    let most = match rest.next() {
        Some('}') => return within(Times { least, most: Some(least) }),
        Some(',') => number(rest),
        _ => return Err(PatternError::Quantifier),
    };
    match rest.next() {
        Some('}') => within(Times { least, most }),
        _ => Err(PatternError::Quantifier),
    }
}

fn within(times: Times) -> Result<Times, PatternError> {
    let Times { least, most } = times;
    let fits = least <= MOST_TIMES && most.is_none_or(|most| (least..=MOST_TIMES).contains(&most));
    if fits { Ok(times) } else { Err(PatternError::Quantifier) }
}

fn number(rest: &mut Peekable<Chars<'_>>) -> Option<u32> {
    let mut text = String::new();
    while let Some(digit) = rest.next_if(char::is_ascii_digit) {
        text.push(digit);
    }
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    /// Whether an engine that tries one way after another answers soon.
    fn is_fast(pattern: &str, text: &str) -> bool {
        let form = json!({ "type": "string", "pattern": pattern });
        // The crate's usual engine backtracks where it has to.
        let validator = jsonschema::validator_for(&form).expect("a pattern of the subset");
        let began = Instant::now();
        std::hint::black_box(validator.is_valid(&json!(text)));
        began.elapsed() < Duration::from_millis(500)
    }

    #[test]
    fn patterns_of_numbers_and_plates_are_accepted() {
        for pattern in [
            r"^1\d{10}$",
            r"^[1-9]\d{16}[0-9Xx]$",
            r"^渝[A-Z][A-Z0-9]{5,6}$",
            r"^\d{4}-\d{2}-\d{2}$",
            r"^[^;]*$",
            r"^\w+@example\.org$",
            "^$",
        ] {
            assert_eq!(check(pattern), Ok(()), "{pattern}");
        }
    }

    #[test]
    fn a_pattern_that_explodes_or_that_engines_read_differently_is_refused() {
        use PatternError::{Class, Escape, Group, Long, Open, Quantifier, Ways};
        let long = format!("^{}$", "a".repeat(127));
        for (pattern, expected) in [
            ("^(a+)+$", Group),
            ("^(?=a)$", Group),
            ("^a|b$", Group),
            (r"^(a)\1$", Group),
            (r"^\1$", Escape),
            (r"^\p{Han}$", Escape),
            (r"^\b$", Escape),
            ("^a*a*$", Ways),
            ("^a?a?a?a?a?a?a?a?a?$", Ways),
            ("^a{0,100}a{0,100}$", Ways),
            ("^a{101}$", Quantifier),
            ("^a{2,1}$", Quantifier),
            ("^a{,3}$", Quantifier),
            ("^a**$", Quantifier),
            ("^+$", Quantifier),
            ("^[$", Class),
            ("^[]$", Class),
            ("^[z-a]$", Class),
            ("^[a&&b]$", Class),
            ("^a]$", Class),
            ("a+", Open),
            ("^a", Open),
            (long.as_str(), Long),
        ] {
            assert_eq!(check(pattern), Err(expected), "{pattern}");
        }
    }

    proptest! {
        #[test]
        fn what_is_accepted_is_a_pattern_of_the_linear_engine_and_fast(
            inner in r"[ab\\.dw?*+{},0-9\[\]^-]{0,12}",
            text in "[ab01]{0,40}",
        ) {
            let pattern = format!("^{inner}$");
            if check(&pattern).is_ok() {
                let form = json!({ "type": "string", "pattern": pattern });
                let linear = jsonschema::PatternOptions::regex();
                let built = jsonschema::options().with_pattern_options(linear).build(&form);
                prop_assert!(built.is_ok(), "{}", pattern);
                prop_assert!(is_fast(&pattern, &text), "{}", pattern);
            }
        }
    }
}
