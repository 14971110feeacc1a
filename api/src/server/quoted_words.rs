//! The contract for readers of YAML 1.1, who take words such as `on` and `off` for booleans: the
//! printer, which is of YAML 1.2, leaves them without quotes.

/// The booleans of YAML 1.1 that are none in YAML 1.2.
const WORDS: [&str; 6] = ["y", "n", "yes", "no", "on", "off"];

/// The printed document with these words in quotes, as keys and as values; lines of text stay.
pub(super) fn quote(document: &str) -> String {
    let mut quoted = String::with_capacity(document.len());
    // The least indent of the lines of the present text.
    let mut text = None;
    for line in document.lines() {
        let indent = line.len() - line.trim_start().len();
        let is_text = text.is_some_and(|least| indent >= least || line.trim().is_empty());
        if is_text {
            quoted.push_str(line);
        } else {
            text = quote_line(line, &mut quoted);
        }
        quoted.push('\n');
    }
    quoted
}

/// Adds the line with its words in quotes; returns the least indent of the text that begins with it.
fn quote_line(line: &str, quoted: &mut String) -> Option<usize> {
    let mut node = line.trim_start();
    while let Some(item) = node.strip_prefix("- ") {
        node = item;
    }
    let column = line.len() - node.len();
    quoted.push_str(&line[..column]);
    let (key, value) = match node.split_once(": ") {
        Some((key, value)) => (Some(key), value),
        None => node.strip_suffix(':').map_or((None, node), |key| (Some(key), "")),
    };
    if let Some(key) = key {
        push_scalar(key, quoted);
        quoted.push_str(if value.is_empty() { ":" } else { ": " });
    }
    push_scalar(value, quoted);
    value.starts_with(['|', '>']).then_some(column + usize::from(key.is_some()))
}

fn push_scalar(scalar: &str, quoted: &mut String) {
    let mark = if WORDS.iter().any(|word| scalar.eq_ignore_ascii_case(word)) { "'" } else { "" };
    quoted.extend([mark, scalar, mark]);
}

#[cfg(test)]
mod tests {
    use yaml_serde::Value;

    use super::*;

    #[test]
    fn words_are_quoted_as_keys_and_values_and_texts_stay() {
        let document = "\
on:
  duty: off
  other: one
  enum:
  - on
  - Off
  - once
  - y: no
    text: |-
      on

      duty: off
    yes: true
  - |-
    off
  - off: 'on'
  empty: ''
";
        let expected = "\
'on':
  duty: 'off'
  other: one
  enum:
  - 'on'
  - 'Off'
  - once
  - 'y': 'no'
    text: |-
      on

      duty: off
    'yes': true
  - |-
    off
  - 'off': 'on'
  empty: ''
";
        assert_eq!(quote(document), expected);
        let read = |text: &str| yaml_serde::from_str::<Value>(text).expect("YAML");
        assert_eq!(read(document), read(expected));
    }
}
