//! Changes of the documents of a district, such as its kinds of service and of case.

use reqwest::Method;
use serde_json::Value;

use super::Caller;
use super::server::Answer;

/// Sends the document at the address with the change, based on its current version.
pub async fn change(admin: &Caller, path: &str, change: impl FnOnce(&mut Value)) -> Answer {
    let found = admin.get(path).await;
    let mut content = found.body;
    for name in ["code", "version"] {
        content.as_object_mut().expect("a document").remove(name);
    }
    change(&mut content);
    let request = admin.request(Method::PUT, path).header("If-Match", &found.headers["etag"]);
    admin.send(request.json(&content)).await
}
