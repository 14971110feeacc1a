//! Imports through the API.

use std::time::Duration;

use reqwest::Method;
use serde_json::Value;

use super::Caller;
use super::server::Answer;

const BOUNDARY: &str = "the-end-of-a-part";

/// A form with these files, by the names of their fields.
fn form(files: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, content) in files {
        let head = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"; \
             filename=\"any.bin\"\r\nContent-Type: application/octet-stream\r\n\r\n"
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    body
}

/// Sends files.
pub async fn send(admin: &Caller, query: &str, files: &[(&str, Vec<u8>)]) -> Answer {
    let request = admin.request(Method::POST, &format!("/v1/imports{query}"));
    let content_type = format!("multipart/form-data; boundary={BOUNDARY}");
    admin.send(request.header("Content-Type", content_type).body(form(files))).await
}

/// Sends files and waits for the end of the import.
pub async fn import(admin: &Caller, query: &str, files: &[(&str, Vec<u8>)]) -> Value {
    let sent = send(admin, query, files).await;
    assert_eq!(sent.status, 202, "{}", sent.body);
    let path = format!("/v1/imports/{}", sent.body["id"].as_str().expect("an id"));
    for _ in 0..200 {
        let import = admin.get(&path).await.body;
        if import["state"] != "running" {
            return import;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the import does not end");
}
