//! `gridward sign-in` and `gridward call`: a small client of the API, for people at a terminal and
//! for scripts.

use std::io::{BufRead as _, IsTerminal as _, Read as _, Write as _};

use clap::Args;
use reqwest::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};

use super::Failure;
use super::call_session::{Held, Session, SessionName};
use crate::clock;

#[derive(Args)]
pub(super) struct SignInArgs {
    /// Phone number
    phone: String,
    /// Name of the session, for `gridward call --as`
    #[arg(long = "as", value_name = "NAME", default_value = "default")]
    name: SessionName,
    /// Address of the server
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    base: String,
    /// Current code of the authenticator app
    #[arg(long)]
    totp: Option<String>,
}

#[derive(Args)]
pub(super) struct CallArgs {
    /// Method, such as GET
    method: Method,
    /// Path with its query, such as /v1/me
    path: String,
    /// Body in JSON; `-` reads it from standard input
    body: Option<String>,
    /// Name of the session, from `gridward sign-in --as`
    #[arg(long = "as", value_name = "NAME", default_value = "default")]
    name: SessionName,
    /// Print only the value at this JSON pointer, a text without quotes
    #[arg(long, value_name = "POINTER")]
    pick: Option<String>,
    /// Header of the request, such as 'If-Match: "v1"'; several are possible
    #[arg(long, value_name = "HEADER", value_parser = header)]
    header: Vec<(HeaderName, HeaderValue)>,
}

/// A header of an argument.
fn header(text: &str) -> Result<(HeaderName, HeaderValue), &'static str> {
    let form = "must be a name and a value, such as 'Accept-Language: zh-CN'";
    let (name, value) = text.split_once(':').ok_or(form)?;
    let (name, value) = (name.trim().parse(), value.trim().parse());
    name.ok().zip(value.ok()).ok_or(form)
}

/// Signs in and keeps the session.
pub(super) fn sign_in(args: &SignInArgs) -> Result<(), Failure> {
    let held = Held::of(&args.name)?;
    let mut body = json!({
        "phone": args.phone, "password": password()?,
        "device": { "name": format!("gridward call {}", args.name), "kind": "phone" },
    });
    if let Some(code) = &args.totp {
        body["totp"] = json!(code);
    }
    let base = args.base.trim_end_matches('/');
    let url = format!("{base}/v1/auth/sign-in");
    let request = Client::new().post(url).json(&body);
    let answer = blocking(async { accepted(request.send().await?).await })?;
    let session = Session::of(base, &answer, clock::system())?;
    held.store(&session)?;
    println!("Signed in as {}; the session is in {}.", args.name, held.path().display());
    Ok(())
}

/// The password: typed without echo at a terminal, else a line of standard input.
fn password() -> Result<String, Failure> {
    if std::io::stdin().is_terminal() {
        return Ok(rpassword::prompt_password("Password: ")?);
    }
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\n', '\r']).to_owned())
}

/// Calls the API and prints the answer.
pub(super) fn call(args: &CallArgs) -> Result<(), Failure> {
    if !args.path.starts_with('/') {
        return Err("the path must begin with a slash, such as /v1/me".into());
    }
    let held = Held::of(&args.name)?;
    let body = body(args.body.as_deref())?;
    blocking(async {
        let client = Client::new();
        let mut session = held.session()?.ok_or_else(|| no_session(&args.name))?;
        if session.is_stale(clock::system()) {
            session = refreshed(&client, &held, &session).await?;
        }
        let request = |session: &Session| request(&client, args, session, body.as_ref());
        let mut answer = request(&session).send().await?;
        // The clock of this machine may be slow.
        if answer.status() == StatusCode::UNAUTHORIZED {
            session = refreshed(&client, &held, &session).await?;
            answer = request(&session).send().await?;
        }
        print(answer, args.pick.as_deref()).await
    })
}

fn no_session(name: &SessionName) -> Failure {
    format!("no session {name}: run `gridward sign-in PHONE --as {name}`").into()
}

fn body(argument: Option<&str>) -> Result<Option<Value>, Failure> {
    let text = match argument {
        None => return Ok(None),
        Some("-") => {
            let mut text = String::new();
            std::io::stdin().lock().read_to_string(&mut text)?;
            text
        }
        Some(text) => text.to_owned(),
    };
    let value = serde_json::from_str(&text);
    Ok(Some(value.map_err(|error| format!("the body is not JSON: {error}"))?))
}

fn request(
    client: &Client,
    args: &CallArgs,
    session: &Session,
    body: Option<&Value>,
) -> RequestBuilder {
    let url = format!("{}{}", session.base, args.path);
    let mut request = client.request(args.method.clone(), url).bearer_auth(&session.access_token);
    for (name, value) in &args.header {
        request = request.header(name, value);
    }
    match body {
        Some(body) => request.json(body),
        None => request,
    }
}

/// The session with a new access token. Another process may have refreshed it since it was read:
/// a refresh token is used once, so only one process refreshes at a time.
async fn refreshed(client: &Client, held: &Held, stale: &Session) -> Result<Session, Failure> {
    let lock = held.lock()?;
    let current = held.session()?.unwrap_or_else(|| stale.clone());
    if current.access_token != stale.access_token {
        return Ok(current);
    }
    let request = client
        .post(format!("{}/v1/auth/refresh", current.base))
        .json(&json!({ "refresh_token": current.refresh_token }));
    let answer = accepted(request.send().await?).await?;
    let session = Session::of(&current.base, &answer, clock::system())?;
    held.store(&session)?;
    drop(lock);
    Ok(session)
}

/// The JSON of an answer.
async fn accepted(answer: Response) -> Result<Value, Failure> {
    let status = answer.status();
    let text = answer.text().await?;
    if status.is_success() { Ok(serde_json::from_str(&text)?) } else { Err(refused(status, &text)) }
}

/// The failure of a refused call.
fn refused(status: StatusCode, text: &str) -> Failure {
    let pretty = serde_json::from_str::<Value>(text).map(|problem| format!("{problem:#}"));
    format!("{status}\n{}", pretty.unwrap_or_else(|_| text.to_owned())).into()
}

/// Prints an answer: JSON with indents, other content as it arrives.
async fn print(mut answer: Response, pick: Option<&str>) -> Result<(), Failure> {
    let status = answer.status();
    if !status.is_success() {
        return Err(refused(status, &answer.text().await?));
    }
    let kind = answer.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let is_json = kind.is_some_and(|kind| kind.starts_with("application/json"));
    let mut out = std::io::stdout().lock();
    if is_json {
        let value: Value = serde_json::from_str(&answer.text().await?)?;
        writeln!(out, "{}", picked(&value, pick)?)?;
        return Ok(());
    }
    if let Some(pointer) = pick {
        return Err(format!("the answer is not JSON, so it has no {pointer}").into());
    }
    while let Some(part) = answer.chunk().await? {
        out.write_all(&part)?;
        out.flush()?;
    }
    Ok(())
}

/// The text of the value, or of its part at the pointer.
fn picked(value: &Value, pointer: Option<&str>) -> Result<String, Failure> {
    let Some(pointer) = pointer else { return Ok(format!("{value:#}")) };
    match value.pointer(pointer) {
        Some(Value::String(text)) => Ok(text.clone()),
        Some(part) => Ok(format!("{part:#}")),
        None => Err(format!("the answer has no {pointer}").into()),
    }
}

fn blocking<T>(call: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(call)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_picked_without_quotes_and_a_missing_part_is_named() {
        let answer = json!({ "items": [{ "id": "x", "n": 1 }] });
        assert_eq!(picked(&answer, Some("/items/0/id")).expect("a text"), "x");
        assert_eq!(picked(&answer, Some("/items/0/n")).expect("a number"), "1");
        let error = picked(&answer, Some("/items/1")).expect_err("missing").to_string();
        assert_eq!(error, "the answer has no /items/1");
        assert!(header("If-Match").is_err() && header("a b: c").is_err());
        assert_eq!(header("If-Match: \"v1\"").expect("a header").1, "\"v1\"");
    }
}
