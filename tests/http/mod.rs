//! HTTP: answers, headers, problems, TLS, the web apps, and unusual clients.

mod answers;
mod compatibility;
mod headers;
mod problems;
mod tls;
mod web_app;
