//! The second factors of the people of a test: keys of devices (RFC 9449) and authenticator apps
//! (RFC 6238).

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::Utc;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::server::{Answer, gridward, said};
use super::{Caller, Database, PASSWORD, Server};

/// A server that requires a second factor.
pub const REQUIRED: (&str, &str) = ("GRIDWARD_SECOND_FACTOR", "required");

/// The key of a device.
pub struct Key(EncodingKey);

impl Key {
    /// A new key.
    pub fn new() -> Self {
        let pair =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
        Self(EncodingKey::from_ec_der(pair.expect("a key").as_ref()))
    }

    /// A proof for a request.
    pub fn proof(&self, method: &str, url: &str, token: Option<&str>, nonce: &str) -> String {
        let jwk = Jwk::from_encoding_key(&self.0, Algorithm::ES256).expect("a public key");
        let typ = Some("dpop+jwt".to_owned());
        let header = Header { typ, jwk: Some(jwk), ..Header::new(Algorithm::ES256) };
        let ath = token.map(|token| {
            let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, token.as_bytes());
            BASE64_URL_SAFE_NO_PAD.encode(hash.as_ref())
        });
        // The clock of the phone is wrong by years.
        let claims = json!({
            "jti": Uuid::new_v4(), "htm": method, "htu": url, "iat": 1_000, "nonce": nonce,
            "ath": ath,
        });
        jsonwebtoken::encode(&header, &claims, &self.0).expect("a proof")
    }
}

/// A phone with a key, and the last nonce of the server.
pub struct ProvingPhone {
    /// The key.
    pub key: Key,
    nonce: String,
    caller: Caller,
    base: String,
}

impl ProvingPhone {
    /// A phone with a new key and a nonce.
    pub async fn new(server: &Server) -> Self {
        let (key, caller, base) = (Key::new(), server.stranger(), server.base.clone());
        let mut phone = Self { key, nonce: String::new(), caller, base };
        let body = json!({ "refresh_token": "" });
        let asked = phone.send(Method::POST, "/v1/auth/refresh", None, Some(&body)).await;
        assert_eq!(asked.problem(), "use_dpop_nonce");
        phone.nonce = nonce(&asked);
        phone
    }

    /// Sends a request with a proof.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: Option<&Value>,
    ) -> Answer {
        let url = format!("{}{path}", self.base);
        let proof = self.key.proof(method.as_str(), &url, token, &self.nonce);
        let request = self.caller.request(method, path).header("DPoP", proof);
        let request = match token {
            Some(token) => request.header("Authorization", format!("DPoP {token}")),
            None => request,
        };
        let request = body.into_iter().fold(request, reqwest::RequestBuilder::json);
        self.caller.send(request).await
    }

    /// POST without a token.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::POST, path, None, Some(body)).await
    }

    /// GET with a token.
    pub async fn get(&self, path: &str, token: &str) -> Answer {
        self.send(Method::GET, path, Some(token), None).await
    }

    /// Another request's nonce.
    pub fn nonce(&self) -> &str {
        &self.nonce
    }
}

/// The nonce of an answer.
pub fn nonce(answer: &Answer) -> String {
    answer.headers["dpop-nonce"].to_str().expect("a nonce").to_owned()
}

/// The text of a JSON value.
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

/// An authenticator app.
pub struct App(hmac::Key);

impl App {
    /// The app that has read a key URI.
    pub fn of_uri(uri: &str) -> Self {
        let (_, rest) = uri.split_once("secret=").expect("a secret");
        let secret = rest.split('&').next().expect("a secret");
        let digits = secret.bytes().map(|letter| match letter {
            b'A'..=b'Z' => letter - b'A',
            _ => letter - b'2' + 26,
        });
        let (mut bytes, mut buffer, mut bits) = (Vec::new(), 0_u32, 0);
        for digit in digits {
            buffer = (buffer << 5) | u32::from(digit);
            bits += 5;
            if bits >= 8 {
                bits -= 8;
                bytes.push(u8::try_from((buffer >> bits) & 0xFF).expect("a byte"));
                buffer &= (1 << bits) - 1;
            }
        }
        Self(hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &bytes))
    }

    /// The code of the present time step, or of one `later`.
    pub fn code(&self, later: i64) -> String {
        let step = Utc::now().timestamp() / 30 + later;
        let mac = hmac::sign(&self.0, &step.to_be_bytes());
        let mac = mac.as_ref();
        let at = usize::from(mac[mac.len() - 1] & 0xF);
        let word: [u8; 4] = mac[at..at + 4].try_into().expect("four bytes");
        format!("{:06}", (u32::from_be_bytes(word) & 0x7FFF_FFFF) % 1_000_000)
    }
}

/// The one-time code that the command line prints for the person with `phone`.
pub fn invite(database: &Database, phone: &str) -> String {
    let printed = gridward(database, &["user", "invite", phone]).output().expect("it runs");
    assert!(printed.status.success(), "{}", said(&printed));
    code_in(&said(&printed))
}

/// The one-time code in the output of a command.
pub fn code_in(printed: &str) -> String {
    let (_, rest) = printed.split_once("one-time code ").expect("a code");
    rest.split(',').next().expect("a code").to_owned()
}

/// The body of an enrolment.
pub fn enrolment(phone: &str, code: &str, kind: &str) -> Value {
    json!({
        "phone": phone, "code": code, "password": PASSWORD,
        "device": { "name": "设备", "kind": kind },
    })
}

/// A person who enrolled a console and set up an authenticator app.
pub async fn with_app(server: &Server, phone: &str) -> (Caller, App) {
    let code = invite(&server.database, phone);
    let body = enrolment(phone, &code, "console");
    let enrolled = server.stranger().post("/v1/auth/enrol", &body).await;
    assert_eq!(enrolled.status, 200, "{}", enrolled.body);
    set_up_app(server, &server.bearer(&text(&enrolled.body["access_token"]))).await
}

/// Sets up an authenticator app in the session of `caller`.
pub async fn set_up_app(server: &Server, caller: &Caller) -> (Caller, App) {
    let set_up = caller.act("/v1/me/totp").await;
    assert_eq!(set_up.status, 200, "{}", set_up.body);
    let app = App::of_uri(&text(&set_up.body["uri"]));
    let confirmed = caller.post("/v1/me/totp/confirm", &json!({ "code": app.code(0) })).await;
    assert_eq!(confirmed.status, 200, "{}", confirmed.body);
    (server.bearer(&text(&confirmed.body["access_token"])), app)
}
