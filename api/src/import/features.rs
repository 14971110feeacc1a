//! Streams the features of a GeoJSON file, each with its line.
//!
//! A feature of the wrong structure is passed to the caller, and reading continues; only
//! invalid JSON, or JSON that is not a feature collection, ends it.

use std::cell::Cell;
use std::fmt;
use std::io::{self, Read};

use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// A feature of the file.
pub(super) struct RawFeature {
    /// The line on which it begins.
    pub(super) line: u64,
    /// The first is 1.
    pub(super) number: u64,
    pub(super) members: Map<String, Value>,
}

/// Passes each feature to `each`.
pub(super) fn read(
    source: impl Read,
    mut each: impl FnMut(RawFeature),
) -> Result<(), serde_json::Error> {
    let line = Cell::new(1);
    let source = LineCounter { inner: source, line: &line };
    let mut json = serde_json::Deserializer::from_reader(source);
    json.deserialize_map(Collection { line: &line, each: &mut each })?;
    json.end()
}

/// Counts the line ends read so far. The parser reads byte by byte and never beyond a
/// brace, so at a brace the count is the line of the brace.
struct LineCounter<'a, R> {
    inner: R,
    line: &'a Cell<u64>,
}

impl<R: Read> Read for LineCounter<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        let pieces = buffer[..count].split(|byte| *byte == b'\n').count();
        self.line.set(self.line.get() + pieces as u64 - 1);
        Ok(count)
    }
}

/// `{"type": "FeatureCollection", "features": [...]}` with any other members.
struct Collection<'a, F> {
    line: &'a Cell<u64>,
    each: &'a mut F,
}

impl<'de, F: FnMut(RawFeature)> Visitor<'de> for Collection<'_, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a FeatureCollection")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let (mut is_collection, mut has_features) = (false, false);
        while let Some(name) = members.next_key::<String>()? {
            match name.as_str() {
                "type" => is_collection = members.next_value::<String>()? == "FeatureCollection",
                "features" => {
                    let (line, each) = (self.line, &mut *self.each);
                    members.next_value_seed(Features { line, each })?;
                    has_features = true;
                }
                _ => {
                    members.next_value::<IgnoredAny>()?;
                }
            }
        }
        if is_collection && has_features {
            Ok(())
        } else {
            Err(A::Error::custom("not a FeatureCollection"))
        }
    }
}

struct Features<'a, F> {
    line: &'a Cell<u64>,
    each: &'a mut F,
}

impl<'de, F: FnMut(RawFeature)> DeserializeSeed<'de> for Features<'_, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, F: FnMut(RawFeature)> Visitor<'de> for Features<'_, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of features")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut features: A) -> Result<(), A::Error> {
        let mut number = 0;
        while let Some((line, members)) = features.next_element_seed(Members { line: self.line })? {
            number += 1;
            (self.each)(RawFeature { line, number, members });
        }
        Ok(())
    }
}

/// The members of one feature, with the line of its opening brace.
struct Members<'a> {
    line: &'a Cell<u64>,
}

impl<'de> DeserializeSeed<'de> for Members<'_> {
    type Value = (u64, Map<String, Value>);

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Members<'_> {
    type Value = (u64, Map<String, Value>);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a feature")
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Self::Value, A::Error> {
        let line = self.line.get();
        let members = serde::Deserialize::deserialize(MapAccessDeserializer::new(members))?;
        Ok((line, members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Result<Vec<(u64, u64)>, serde_json::Error> {
        let mut lines = Vec::new();
        read(text.as_bytes(), |feature| lines.push((feature.line, feature.number)))?;
        Ok(lines)
    }

    #[test]
    fn each_feature_comes_with_the_line_it_begins_on() {
        let text = "\n{\"features\":[{\n},\n\n{\"a\":[\n]}, {}],\n\"x\":{},\"type\":\"FeatureCollection\"}\n";
        assert_eq!(lines(text).expect("a collection"), [(2, 1), (5, 2), (6, 3)]);
    }

    #[test]
    fn what_is_no_collection_of_features_is_refused() {
        for text in [
            "[]",
            "{}",
            r#"{"type":"FeatureCollection"}"#,
            r#"{"type":"Feature","features":[]}"#,
            r#"{"type":"FeatureCollection","features":{}}"#,
            r#"{"type":"FeatureCollection","features":[1]}"#,
        ] {
            assert!(lines(text).expect_err(text).is_data(), "{text}");
        }
        let broken =
            lines("{\"type\":\"FeatureCollection\",\n\"features\":[{}\n").expect_err("broken");
        assert!(broken.is_eof());
        assert!(lines("{\"type\":\"FeatureCollection\",\"features\":[]} x").is_err());
    }
}
