//! The committed document is the one that the binary prints, and its paths are those that the server has.

use std::collections::BTreeSet;
use std::path::Path;

use reqwest::Method;
use serde_json::Value;

use super::{document, printed};
use crate::support::{Backend, Server};

#[test]
fn the_committed_contract_is_the_one_the_binary_prints() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi.yaml");
    let committed = std::fs::read_to_string(file).expect("openapi.yaml");
    assert!(
        committed == printed(),
        "openapi.yaml differs: run `make openapi` and commit the result"
    );
}

#[test]
fn every_json_body_has_an_example() {
    let document = document();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            let content = &operation["requestBody"]["content"]["application/json"];
            let has =
                |part: &Value| ["example", "examples"].iter().any(|name| part.get(name).is_some());
            if content.is_null() || has(content) {
                continue;
            }
            let mut schema = &content["schema"];
            if let Some(name) = schema["$ref"].as_str() {
                schema = document.pointer(name.trim_start_matches('#')).expect("a schema");
            }
            assert!(has(schema), "{method} {path} lacks an example");
        }
    }
}

#[test]
fn every_operation_has_a_unique_name_a_summary_and_a_role() {
    let mut names = BTreeSet::new();
    let document = document();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            let name = operation["operationId"].as_str().expect("an id");
            assert!(names.insert(name.to_owned()), "{name} twice");
            assert!(operation["summary"].is_string(), "{method} {path}");
            let text = operation["description"].as_str().expect("a description").to_lowercase();
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            let roles = ["no authentication required", "allowed roles:"];
            assert!(roles.iter().any(|role| text.contains(role)), "{method} {path}: {text}");
            let open = operation["x-roles"].as_array().expect("roles").is_empty();
            assert_eq!(open, text.contains(roles[0]), "{method} {path}");
            for access in ["x-scope", "x-data-class"] {
                assert!(operation[access].is_string(), "{access} of {method} {path}");
            }
        }
    }
}

/// Requests every path of the contract from a live server: each is routed, requires a token
/// unless it is public, and answers 405 to other methods.
#[tokio::test(flavor = "multi_thread")]
async fn every_documented_path_is_served_and_guarded() {
    let server = Server::small(Backend::Sqlite);
    let supervisor = server.supervisor().await;
    let id = "018d622e-0000-7000-8000-00000000ffff";
    for (path, item) in document()["paths"].as_object().expect("paths") {
        let real = path.replace("{id}", id).replace("{session}", id);
        let real = real.replace("{absence}", id);
        let real = real.replace("{code}", "500116001002001");
        let documented: BTreeSet<_> =
            item.as_object().expect("operations").keys().cloned().collect();
        for method in ["get", "post", "put", "patch", "delete", "options"] {
            let verb: Method = method.to_uppercase().parse().expect("a method");
            let stranger = server.stranger();
            let answer = stranger.send(stranger.request(verb.clone(), &real)).await;
            if !documented.contains(method) {
                let known = supervisor.send(supervisor.request(verb, &real)).await;
                assert_eq!(
                    (known.status, known.problem()),
                    (405, "method_not_allowed"),
                    "{method} {path}"
                );
                continue;
            }
            let open = item[method]["security"]
                .as_array()
                .is_some_and(|any| any.iter().any(|one| one == &serde_json::json!({})));
            if open {
                assert_ne!(answer.status, 401, "{method} {path} is open to all");
            } else {
                assert_eq!(answer.status, 401, "{method} {path} asks for a token");
            }
            let statuses: BTreeSet<_> =
                item[method]["responses"].as_object().expect("responses").keys().cloned().collect();
            assert!(
                statuses.contains(&answer.status.to_string()),
                "{method} {path} answers {}, which the contract does not know",
                answer.status
            );
        }
    }
}

/// The converse: every route of the source is in the contract.
#[test]
fn every_route_in_the_source_is_in_the_contract() {
    let document = document();
    let paths = document["paths"].as_object().expect("paths");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut routes = 0;
    for file in rust_files(&source) {
        let text = std::fs::read_to_string(&file).expect("a source file");
        for method in ["get", "head", "options", "post", "put", "patch", "delete"] {
            let marker = format!("#[{method}(\"");
            for rest in text.lines().filter_map(|line| line.trim_start().strip_prefix(&marker)) {
                let path = rest.split('"').next().expect("a path");
                let known = [path.to_owned(), format!("/v1{path}")];
                let found = known
                    .iter()
                    .any(|path| paths.get(path).is_some_and(|item| item.get(method).is_some()));
                assert!(found, "{method} {path} of {} is not in the contract", file.display());
                routes += 1;
            }
        }
    }
    let documented: usize =
        paths.values().map(|item| item.as_object().expect("operations").len()).sum();
    assert_eq!(routes, documented);
}

fn rust_files(folder: &Path) -> Vec<std::path::PathBuf> {
    std::fs::read_dir(folder)
        .expect("a folder")
        .flat_map(|entry| {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                rust_files(&path)
            } else if path.extension().is_some_and(|e| e == "rs") {
                vec![path]
            } else {
                vec![]
            }
        })
        .collect()
}
