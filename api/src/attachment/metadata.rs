//! The tus header `Upload-Metadata`: words and values in base64, by commas.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use gridward_domain::id::TaskId;
use uuid::Uuid;

use super::model::MediaType;
use crate::http::problem::Problem;

/// The longest header that is read.
const LONGEST: usize = 1024;

/// What a phone says of an attachment before it sends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// Made by the phone.
    pub id: Uuid,
    /// The task it belongs to.
    pub task: TaskId,
    /// What it is.
    pub media_type: MediaType,
    /// Of the whole, in lower-case hexadecimal.
    pub sha256: String,
}

impl Metadata {
    /// Reads the header.
    ///
    /// # Errors
    /// 422, naming the word that is missing or does not fit.
    pub fn read(header: &str) -> Result<Self, Problem> {
        let pair = |part: &str| {
            let (word, value) = part.trim().split_once(' ')?;
            let value = String::from_utf8(BASE64_STANDARD.decode(value.trim()).ok()?).ok()?;
            Some((word.to_owned(), value))
        };
        let told = |what: &str| Problem::invalid("Upload-Metadata", what);
        if header.len() > LONGEST {
            return Err(told("at most 1024 characters"));
        }
        let pairs: Option<BTreeMap<String, String>> = header.split(',').map(pair).collect();
        let pairs = pairs.ok_or_else(|| told("words with values in base64, by commas"))?;
        let value = |word: &str| pairs.get(word).map(String::as_str).unwrap_or_default();
        let sha256 = value("sha256").to_ascii_lowercase();
        if sha256.len() != 64 || !sha256.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(told("sha256: the hash of the whole, in hexadecimal"));
        }
        Ok(Self {
            id: value("id").parse().map_err(|_| told("id: a UUID made by the phone"))?,
            task: value("task_id").parse().map_err(|_| told("task_id: the task's id"))?,
            media_type: value("type").parse().map_err(|error| told(&format!("type: {error}")))?,
            sha256,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_needed_and_named_when_it_does_not_fit() {
        let id = "0198a3b0-0000-7000-8000-000000000001";
        let hash = "A".repeat(64);
        let all = [("id", id), ("task_id", id), ("type", "image/png"), ("sha256", hash.as_str())];
        let header = |pairs: &[(&str, &str)]| {
            let encode =
                |(word, value): &(&str, &str)| format!("{word} {}", BASE64_STANDARD.encode(value));
            pairs.iter().map(encode).collect::<Vec<_>>().join(",")
        };
        let read = Metadata::read(&header(&all)).expect("metadata");
        assert_eq!(
            (read.media_type, read.sha256.as_str()),
            (MediaType::Png, "a".repeat(64).as_str())
        );
        for n in 0..all.len() {
            let mut less = all.to_vec();
            less.remove(n);
            let told = Metadata::read(&header(&less)).expect_err("one is missing").to_string();
            assert!(told.contains(all[n].0), "{told}");
        }
        assert!(Metadata::read("id !!!").is_err() && Metadata::read("").is_err());
    }
}
