//! The text of a file: UTF-8, with or without a byte order mark, or Chinese in GB 18030.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek};

use encoding_rs::GB18030;
use encoding_rs_io::{DecodeReaderBytes, DecodeReaderBytesBuilder};

use super::damage;
use super::folder::Counted;

/// Bytes read at once.
const CHUNK: usize = 64 * 1024;

/// The bytes of a file as UTF-8, without a byte order mark. Bytes that no encoding explains
/// are passed on, and reported where they are found.
pub(super) type Source<'a> = BufReader<Text<'a>>;

/// A file that is decoded while it is read.
pub(super) enum Text<'a> {
    /// As it is.
    Utf8(Counted<'a>),
    /// Decoded from GB 18030 or its subset GBK.
    Gb18030(Box<DecodeReaderBytes<Counted<'a>, Vec<u8>>>),
}

impl Read for Text<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Utf8(file) => file.read(buffer),
            Self::Gb18030(file) => file.read(buffer),
        }
    }
}

/// Reads `file`, whose encoding [`is_gb18030`] determined.
pub(super) fn decode(file: Counted<'_>, gb18030: bool) -> io::Result<Source<'_>> {
    let text = if gb18030 {
        let decoder = DecodeReaderBytesBuilder::new().encoding(Some(GB18030)).build(file);
        Text::Gb18030(Box::new(decoder))
    } else {
        Text::Utf8(file)
    };
    let mut source = BufReader::with_capacity(CHUNK, text);
    if source.fill_buf()?.starts_with(b"\xef\xbb\xbf") {
        source.consume(3);
    }
    Ok(source)
}

/// Whether all lines of the file are Chinese in GB 18030, and at least one is not UTF-8.
/// A file with lines in UTF-8 is not decoded: its other lines are damaged. Rewinds the file.
pub(super) fn is_gb18030(file: &mut File) -> io::Result<bool> {
    let mut lines = BufReader::with_capacity(CHUNK, &mut *file);
    let (mut line, mut found) = (Vec::new(), false);
    let whole = loop {
        line.clear();
        if lines.read_until(b'\n', &mut line)? == 0 {
            break found;
        }
        if line.is_ascii() {
            continue;
        }
        if !damage::decodes_as_gbk(&line) {
            break false;
        }
        found |= std::str::from_utf8(&line).is_err();
    };
    file.rewind()?;
    Ok(whole)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::fixture::Sample;

    fn in_gb18030(sample: &Sample, file: &'static str) -> Sample {
        let text = sample.lines(file).join("\r\n");
        let (bytes, _, lossless) = GB18030.encode(&text);
        assert!(!lossless, "every character has a code");
        sample.clone().bytes(file, &bytes)
    }

    #[test]
    fn a_file_in_gb18030_is_read_like_the_same_file_in_utf_8() {
        // The bytes of some names are valid UTF-8 by accident, and four bytes encode 𠮷.
        let sample = Sample::sound().cell("people.csv", 4, "name", "谢志强").cell(
            "people.csv",
            5,
            "name",
            "𠮷田",
        );
        let expected = sample.read().expect("readable");
        assert_eq!(expected.faults, []);
        let mut encoded = sample;
        for file in ["areas.csv", "people.csv", "beneficiaries.csv", "stations.csv"] {
            encoded = in_gb18030(&encoded, file);
        }
        assert_eq!(encoded.read().expect("readable"), expected);
    }

    #[test]
    fn a_line_in_gbk_among_lines_in_utf_8_is_damage() {
        let (gbk, _, _) = GB18030.encode("孙瑶悦");
        let sample = Sample::sound().cell("people.csv", 5, "name", "\u{1}").replace_bytes(
            "people.csv",
            b"\x01",
            &gbk,
        );
        assert_eq!(
            sample.faults(),
            ["people.csv:5: name: appears to be Chinese in GBK; save the file as UTF-8"]
        );
    }
}
