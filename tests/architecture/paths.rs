//! The paths in a source file, relative to the crate root.

use std::collections::{BTreeMap, BTreeSet};

/// The code of a source file, without comments, string literals and unit tests.
pub fn code(text: &str) -> String {
    let text = without_test_items(text);
    let mut code = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '/' if chars.peek() == Some(&'/') => {
                while chars.next_if(|next| *next != '\n').is_some() {}
            }
            '"' => {
                code.push(' ');
                while let Some(inside) = chars.next() {
                    match inside {
                        '\\' => drop(chars.next()),
                        '"' => break,
                        _ => {}
                    }
                }
            }
            '\'' if chars.clone().nth(1) == Some('\'') => {
                // A character such as '"'.
                chars.nth(1);
            }
            c => code.push(c),
        }
    }
    code
}

/// The text without the items under `#[cfg(test)]`, as rustfmt lays them out: an item ends with
/// its first line, or at the brace that is indented like it.
fn without_test_items(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some(indent) = line.strip_suffix("#[cfg(test)]") else {
            kept.extend([line, "\n"]);
            continue;
        };
        let of_item = |line: &&str| !["#[", "//"].iter().any(|c| line.trim_start().starts_with(c));
        let first = lines.by_ref().find(of_item);
        if first.is_some_and(|first| !first.ends_with([';', '}', ','])) {
            let ends = [format!("{indent}}}"), format!("{indent}}};")];
            lines.by_ref().find(|line| ends.iter().any(|end| end == line));
        }
    }
    kept
}

/// Every path of `code` that begins with `crate`, `$crate`, `super` or `self`, relative to
/// the crate root; `module` is that of the file.
pub fn named(code: &str, module: &[String]) -> Vec<Vec<String>> {
    let mut paths = Vec::new();
    for word in ["crate::", "super::", "self::"] {
        for (at, _) in code.match_indices(word) {
            let before = code[..at].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':') {
                continue;
            }
            let root = match word {
                "crate::" => Vec::new(),
                "super::" => module[..module.len() - 1].to_vec(),
                _ => module.to_vec(),
            };
            tree(&mut &code[at + word.len()..], root, &mut paths);
        }
    }
    paths.retain(|path| !path.is_empty());
    paths
}

/// The re-exports of a `mod.rs`: each item with the child module that defines it.
pub fn exports(code: &str) -> BTreeMap<String, String> {
    let mut exports = BTreeMap::new();
    for (at, word) in code.match_indices("pub use ") {
        let mut paths = Vec::new();
        tree(&mut &code[at + word.len()..], Vec::new(), &mut paths);
        for path in paths {
            if let [child, .., item] = path.as_slice() {
                exports.insert(item.clone(), child.clone());
            }
        }
    }
    exports
}

/// The first name after each `schema::`: a table, if the module is that of the database.
pub fn schema_names(code: &str) -> BTreeSet<String> {
    let mut paths = Vec::new();
    for (at, word) in code.match_indices("schema::") {
        tree(&mut &code[at + word.len()..], Vec::new(), &mut paths);
    }
    paths.into_iter().filter_map(|path| path.into_iter().next()).collect()
}

/// Reads a tree of paths: `a::b`, `a::{b, c::d}`.
fn tree(text: &mut &str, mut prefix: Vec<String>, paths: &mut Vec<Vec<String>>) {
    loop {
        *text = text.trim_start();
        if let Some(inside) = text.strip_prefix('{') {
            *text = inside;
            loop {
                tree(text, prefix.clone(), paths);
                *text = text.trim_start();
                let Some(next) = text.strip_prefix(',') else { break };
                *text = next;
                if text.trim_start().starts_with('}') {
                    break;
                }
            }
            *text = text.trim_start();
            *text = text.strip_prefix('}').unwrap_or(text);
            return;
        }
        let length = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
        let (name, rest) = text.split_at(length);
        *text = rest;
        match name {
            "super" => drop(prefix.pop()),
            "" | "self" => {}
            name => prefix.push(name.to_owned()),
        }
        match text.strip_prefix("::") {
            Some(rest) if !name.is_empty() => *text = rest,
            _ => {
                // A renamed import.
                if let Some(renamed) = text.trim_start().strip_prefix("as ") {
                    let length =
                        renamed.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(0);
                    *text = &renamed[length..];
                }
                paths.push(prefix);
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_items_under_cfg_test_are_left_out() {
        let text = "
#[cfg(test)]
mod tests;
use crate::log;
#[cfg(test)]
#[expect(unused)]
use crate::{
    plan,
};
impl A {
    #[cfg(test)]
    fn f(
        a: crate::task::A,
    ) {
    }
    fn g(a: crate::sync::A) {}
}
#[cfg(test)]
mod more {
    use crate::area;
}
use crate::db;
";
        let paths = named(&code(text), &["a".to_owned()]);
        let paths: Vec<String> = paths.iter().map(|path| path.join("::")).collect();
        assert_eq!(paths, ["log", "sync::A", "db"]);
    }

    #[test]
    fn trees_relative_paths_and_paths_in_code_are_read_and_texts_are_not() {
        let text = "use crate::{task, db::{Conn, dialect as d}};\nuse super::row::Row;\n\
                    // crate::plan\nfn f() { let x = crate::log::head::read(\"crate::sync\"); }\n";
        let module = ["task".to_owned(), "store".to_owned()];
        let mut paths: Vec<String> =
            named(&code(text), &module).iter().map(|path| path.join("::")).collect();
        paths.sort();
        assert_eq!(paths, ["db::Conn", "db::dialect", "log::head::read", "task", "task::row::Row"]);
    }
}
