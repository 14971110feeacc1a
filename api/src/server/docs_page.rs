//! The contract as a page: complete without scripts, and without an address of another server.

use std::fmt::Write as _;

use serde_json::Value;

/// The style. The policy of the page names its hash, so that no other style is applied.
pub(super) const STYLE: &str = "\
body{font:16px/1.5 system-ui,\"Noto Sans CJK SC\",\"Microsoft YaHei\",sans-serif;color:#111;max-width:72rem;margin:0 auto;padding:1rem}\
code,pre{font-family:ui-monospace,Menlo,Consolas,monospace;font-size:.9em}\
pre{overflow:auto;background:#f4f4f4;padding:.5rem}\
p{white-space:pre-line;margin:.4rem 0}\
summary{cursor:pointer;padding:.2rem 0}\
summary b{display:inline-block;width:4.5rem}\
details details,details>div{margin-left:1.2rem}\
table{border-collapse:collapse;width:100%;margin:.4rem 0}\
td,th{border:1px solid #bbb;padding:.15rem .4rem;text-align:left;vertical-align:top}\
a{color:#0645ad}\
@media print{details{break-inside:avoid}}";

/// The methods of an operation, in the order of the page.
const METHODS: [&str; 7] = ["get", "head", "post", "put", "patch", "delete", "options"];

/// The page of a contract.
pub(super) fn page(document: &Value) -> String {
    let mut page = Page { document, text: String::new() };
    page.head();
    for tag in list(&document["tags"]) {
        page.tag(tag);
    }
    page.schemas();
    page.text.push_str("</main></body></html>\n");
    page.text
}

struct Page<'a> {
    document: &'a Value,
    text: String,
}

impl<'a> Page<'a> {
    fn add(&mut self, part: impl std::fmt::Display) {
        // Writing to a String cannot fail.
        let _ = write!(self.text, "{part}");
    }

    fn head(&mut self) {
        let info = &self.document["info"];
        let (title, version) = (escape(text(&info["title"])), escape(text(&info["version"])));
        self.add(format_args!(
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width\">\
             <title>{title} {version}</title><style>{STYLE}</style></head><body><main>\
             <h1>{title} {version}</h1>\
             <p>The contract as a file: <a href=\"/openapi.yaml\">openapi.yaml</a> (OpenAPI 3.1)</p>"
        ));
        self.add(prose(text(&info["description"])));
        self.add("<ul>");
        for tag in list(&self.document["tags"]) {
            let name = escape(text(&tag["name"]));
            self.add(format_args!("<li><a href=\"#tag-{name}\">{name}</a></li>"));
        }
        self.add("<li><a href=\"#schemas\">schemas</a></li></ul>");
    }

    fn tag(&mut self, tag: &Value) {
        let name = text(&tag["name"]);
        let id = escape(name);
        self.add(format_args!("<section><h2 id=\"tag-{id}\">{id}</h2>"));
        self.add(prose(text(&tag["description"])));
        let document = self.document;
        for (path, item) in entries(&document["paths"]) {
            for method in METHODS {
                let operation = &item[method];
                if list(&operation["tags"]).iter().any(|one| one == name) {
                    self.operation(method, path, operation);
                }
            }
        }
        self.add("</section>");
    }

    fn operation(&mut self, method: &str, path: &str, operation: &'a Value) {
        let id = escape(text(&operation["operationId"]));
        let (method, path) = (method.to_uppercase(), escape(path));
        let summary = escape(text(&operation["summary"]));
        self.add(format_args!(
            "<details id=\"{id}\"><summary><b>{method}</b> <code>{path}</code> {summary}</summary><div>"
        ));
        self.add(prose(text(&operation["description"])));
        let roles: Vec<&str> = list(&operation["x-roles"]).iter().map(text).collect();
        let roles = if roles.is_empty() { "everybody".to_owned() } else { roles.join(", ") };
        self.add(format_args!("<p>Roles: {}</p>", escape(&roles)));
        self.parameters(&operation["parameters"]);
        let body = &operation["requestBody"]["content"];
        if body.is_object() {
            self.add("<p>Body: ");
            self.content(body);
            self.add("</p>");
        }
        self.add("<table><tr><th>Answer</th><th>Meaning</th><th>Body</th></tr>");
        for (status, answer) in entries(&operation["responses"]) {
            let answer = self.resolved(answer);
            let about = inline(text(&answer["description"]));
            self.add(format_args!("<tr><td>{}</td><td>{about}</td><td>", escape(status)));
            self.content(&answer["content"]);
            self.add("</td></tr>");
        }
        self.add("</table></div></details>");
    }

    fn parameters(&mut self, parameters: &'a Value) {
        if list(parameters).is_empty() {
            return;
        }
        self.add("<table><tr><th>Parameter</th><th>In</th><th>Type</th><th>Meaning</th></tr>");
        for one in list(parameters) {
            let one = self.resolved(one);
            let required = if one["required"] == true { " (required)" } else { "" };
            let row = format!(
                "<tr><td><code>{}</code>{required}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
                escape(text(&one["name"])),
                escape(text(&one["in"])),
                kind(&one["schema"]),
                inline(text(&one["description"])),
            );
            self.add(row);
        }
        self.add("</table>");
    }

    fn content(&mut self, content: &Value) {
        for (media, body) in entries(content) {
            self.add(format_args!("<code>{}</code> {} ", escape(media), kind(&body["schema"])));
        }
    }

    fn schemas(&mut self) {
        self.add("<section><h2 id=\"schemas\">schemas</h2>");
        let document = self.document;
        for (name, schema) in entries(&document["components"]["schemas"]) {
            let name = escape(name);
            self.add(format_args!(
                "<details id=\"schema-{name}\"><summary><code>{name}</code></summary><div>"
            ));
            self.add(prose(text(&schema["description"])));
            self.add(format_args!("<p>{}</p>", kind(schema)));
            self.fields(schema);
            for part in list(&schema["allOf"]).iter().chain(list(&schema["oneOf"])) {
                self.fields(part);
            }
            self.add("</div></details>");
        }
        self.add("</section>");
    }

    fn fields(&mut self, schema: &Value) {
        if !schema["properties"].is_object() {
            return;
        }
        self.add("<table><tr><th>Field</th><th>Type</th><th>Meaning</th></tr>");
        for (name, field) in entries(&schema["properties"]) {
            let required = list(&schema["required"]).iter().any(|one| one == name);
            let required = if required { " (required)" } else { "" };
            let row = format!(
                "<tr><td><code>{}</code>{required}</td><td>{}</td><td>{}</td></tr>",
                escape(name),
                kind(field),
                inline(text(&field["description"])),
            );
            self.add(row);
        }
        self.add("</table>");
    }

    /// The object that a reference names, or the object itself.
    fn resolved(&self, value: &'a Value) -> &'a Value {
        let named = value["$ref"].as_str().and_then(|name| name.strip_prefix('#'));
        named.and_then(|pointer| self.document.pointer(pointer)).unwrap_or(value)
    }
}

/// The type of a schema, with links to named ones.
fn kind(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        let name = escape(name);
        return format!("<a href=\"#schema-{name}\">{name}</a>");
    }
    for (word, parts) in [(" or ", "oneOf"), (" or ", "anyOf"), (" and ", "allOf")] {
        if let Some(parts) = schema[parts].as_array() {
            return parts.iter().map(kind).collect::<Vec<_>>().join(word);
        }
    }
    if let Some(values) = schema["enum"].as_array() {
        let values = values.iter().map(|one| escape(&one.to_string()));
        return format!("<code>{}</code>", values.collect::<Vec<_>>().join("</code> <code>"));
    }
    let types: Vec<&str> = match &schema["type"] {
        Value::Array(types) => types.iter().map(text).collect(),
        one => vec![text(one)],
    };
    if types.contains(&"array") {
        return format!("list of {}", kind(&schema["items"]));
    }
    let format = schema["format"].as_str().map(|format| format!(" ({format})"));
    escape(&(types.join(" or ") + &format.unwrap_or_default()))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

/// Paragraphs; tables of Markdown stay as they are written.
fn prose(markdown: &str) -> String {
    let parts = markdown.split("\n\n").filter(|part| !part.trim().is_empty());
    let html = parts.map(|part| {
        if part.starts_with('|') {
            format!("<pre>{}</pre>", escape(part))
        } else {
            format!("<p>{}</p>", inline(part))
        }
    });
    html.collect()
}

/// A text whose parts between backticks are code.
fn inline(markdown: &str) -> String {
    let parts = escape(markdown);
    let parts = parts.split('`').enumerate().map(|(at, part)| {
        if at % 2 == 1 { format!("<code>{part}</code>") } else { part.to_owned() }
    });
    parts.collect()
}

fn escape(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_text_of_the_contract_is_never_markup() {
        let document = json!({
            "info": { "title": "<b>", "version": "1", "description": "one `two`\n\n| a |\n" },
            "tags": [{ "name": "x", "description": "<script>" }],
            "paths": { "/x": { "get": {
                "tags": ["x"], "operationId": "get_x", "summary": "a & b", "responses": {
                    "200": { "description": "ok", "content": {
                        "application/json": { "schema": { "$ref": "#/components/schemas/X" } },
                    } },
                },
            } } },
            "components": { "schemas": { "X": { "type": "object", "properties": {
                "a": { "type": ["string", "null"], "format": "uuid" },
            } } } },
        });
        let page = page(&document);
        assert!(page.contains("&lt;b&gt;") && page.contains("&lt;script&gt;"), "{page}");
        assert!(!page.contains("<script") && !page.contains("<b>1"), "{page}");
        assert!(page.contains("one <code>two</code>") && page.contains("<pre>| a |"), "{page}");
        assert!(page.contains("<a href=\"#schema-X\">X</a>"), "{page}");
        assert!(page.contains("string or null (uuid)"), "{page}");
    }
}
