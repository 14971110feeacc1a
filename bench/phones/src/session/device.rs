//! A phone's device at work: signs in, proves its key with each request, refreshes over the faulty
//! network, and knows when only its person can continue.

use std::sync::Arc;
use std::time::Instant;

use chrono::{TimeDelta, Utc};
use rand_chacha::ChaCha8Rng;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::{Method, RequestBuilder, Url};
use serde::Serialize;
use serde_json::json;
use tokio::sync::Mutex;

use super::device_key::{Claims, DeviceKey};
use super::session_log::{SessionLog, Span};
use super::{Issued, Need, Remedy, Session};
use crate::Error;
use crate::answer::Answer;
use crate::district::SignIn;
use crate::http_client::{Connection, HttpClient};
use crate::network_faults::{self, Fault, Transit};

/// Attempts of one sign-in or refresh: a new nonce or a repeated proof costs one each.
const TRIES: u32 = 5;
/// The header of a proof.
const DPOP: &str = "DPoP";

/// A device on which a person signs in.
pub struct Device {
    /// The person.
    pub who: SignIn,
    connection: Connection,
    key: Arc<DeviceKey>,
    name: String,
    clock_ahead: TimeDelta,
    /// Locked during a refresh, so that parallel requests cause one.
    state: Mutex<State>,
}

struct State {
    session: Session,
    nonce: Option<String>,
    /// Draws the faults of sign-ins and refreshes; `None` for a network without faults.
    faults: Option<ChaCha8Rng>,
    log: SessionLog,
}

impl State {
    fn sign_out(&mut self, code: &str) -> Error {
        if let Session::SignedIn { id, .. } = self.session {
            self.log.signed_out(id, code);
        }
        self.session = Session::SignedOut;
        Error::SignedOut { code: code.to_owned() }
    }

    fn learn_nonce(&mut self, answer: &Answer) {
        if answer.nonce.is_some() {
            self.nonce.clone_from(&answer.nonce);
        }
    }
}

/// The authorization of one request.
pub struct Authorization {
    /// The access token.
    pub token: String,
    /// The headers with the token and the proof.
    pub headers: HeaderMap,
}

impl Device {
    /// A new device with a new key, whose clock is ahead by `clock_ahead`.
    ///
    /// # Errors
    /// When the key cannot be generated.
    pub fn new(
        client: &Arc<HttpClient>,
        who: SignIn,
        name: String,
        clock_ahead: TimeDelta,
    ) -> Result<Arc<Self>, Error> {
        let (key, connection) = (Arc::new(DeviceKey::generate()?), Connection::to(client));
        let (session, log) = (Session::SignedOut, SessionLog::default());
        let state = Mutex::new(State { session, nonce: None, faults: None, log });
        Ok(Arc::new(Self { who, connection, key, name, clock_ahead, state }))
    }

    /// A device with the same key and the same tokens, as a thief would have them.
    pub async fn copied(&self) -> Arc<Self> {
        let state = self.state.lock().await;
        let (session, nonce) = (state.session.clone(), state.nonce.clone());
        let log = SessionLog::default();
        Arc::new(Self {
            who: self.who.clone(),
            connection: Connection::to(self.connection.client()),
            key: Arc::clone(&self.key),
            name: self.name.clone(),
            clock_ahead: self.clock_ahead,
            state: Mutex::new(State { session, nonce, faults: None, log }),
        })
    }

    /// The name of the device.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Draws the faults of sign-ins and refreshes from `faults` from now on, or ends them.
    pub async fn under_faults(&self, faults: Option<ChaCha8Rng>) {
        self.state.lock().await.faults = faults;
    }

    /// Whether the device has a session, as far as it knows.
    pub async fn is_signed_in(&self) -> bool {
        self.state.lock().await.session != Session::SignedOut
    }

    /// Whether the device has an access token.
    pub async fn has_access_token(&self) -> bool {
        matches!(self.state.lock().await.session.need(), Need::Nothing(_))
    }

    /// Lets the access token expire, as it does while the phone is offline.
    pub async fn expire(&self) {
        self.state.lock().await.session.expire();
    }

    /// What the device has recorded.
    pub async fn log(&self) -> SessionLog {
        self.state.lock().await.log.clone()
    }

    /// Bytes of the responses to sign-ins and refreshes.
    pub fn received(&self) -> u64 {
        self.connection.received()
    }

    /// The authorization of a request; refreshes if there is no access token.
    ///
    /// # Errors
    /// [`Error::SignedOut`]; a refresh without an answer.
    pub async fn authorize(&self, method: &Method, url: &Url) -> Result<Authorization, Error> {
        let mut state = self.state.lock().await;
        if let Need::Refresh(_) = state.session.need() {
            self.refresh_in(&mut state).await?;
        }
        let Need::Nothing(token) = state.session.need() else {
            return Err(Error::SignedOut { code: "session_ended".to_owned() });
        };
        let proof = self.proof(method, url, state.nonce.as_deref(), Some(token))?;
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, header(&format!("DPoP {token}"))?);
        headers.insert(DPOP, header(&proof)?);
        Ok(Authorization { token: token.to_owned(), headers })
    }

    /// Takes note of a 401 to a request with `token`, after which the request is worth repeating.
    ///
    /// # Errors
    /// [`Error::SignedOut`] when it is not; [`Error::Answer`] for an unexpected code.
    pub async fn refused(&self, token: &str, answer: &Answer) -> Result<(), Error> {
        let mut state = self.state.lock().await;
        state.learn_nonce(answer);
        let code = answer.code().unwrap_or_default();
        match Remedy::of(&code) {
            None => Err(answer.wrong("not a 401 of a session")),
            Some(Remedy::Prove) => Ok(()),
            // Another request has renewed the session meanwhile.
            Some(_) if !state.session.is_current(token) => Ok(()),
            Some(Remedy::Refresh) => {
                state.session.expire();
                Ok(())
            }
            Some(Remedy::SignIn) => Err(state.sign_out(&code)),
        }
    }

    /// Refreshes, although the access token may be usable: as an app does when it is opened.
    ///
    /// # Errors
    /// As [`Device::authorize`].
    pub async fn refresh(&self) -> Result<(), Error> {
        self.refresh_in(&mut *self.state.lock().await).await
    }

    async fn refresh_in(&self, state: &mut State) -> Result<(), Error> {
        let Session::SignedIn { refresh, .. } = &state.session else {
            return Err(Error::SignedOut { code: "session_ended".to_owned() });
        };
        let body = json!({ "refresh_token": refresh });
        for _ in 0..TRIES {
            let sent = Instant::now();
            let answer = self.exchange(state, "/v1/auth/refresh", &body).await?;
            if answer.status == 200 {
                state.log.renewed(Span::since(sent), true);
                state.session = Session::of(answer.read()?);
                return Ok(());
            }
            let code = answer.code().unwrap_or_default();
            match Remedy::of(&code) {
                Some(Remedy::Prove) => {}
                Some(Remedy::SignIn) => return Err(state.sign_out(&code)),
                _ => return Err(answer.wrong("not an answer to a refresh")),
            }
        }
        Err(Error::Setting(format!("{}: proofs are refused again and again", self.name)))
    }

    /// Signs in once, with the password.
    ///
    /// # Errors
    /// When there is no answer, or the server rejects the credentials.
    pub async fn sign_in(&self) -> Result<(), Error> {
        let _turn = self.connection.client().turn_to_sign_in().await;
        let mut state = self.state.lock().await;
        let device = json!({ "name": self.name, "kind": "phone" });
        let body = json!({
            "phone": self.who.phone, "password": self.who.password, "device": device
        });
        for _ in 0..TRIES {
            let sent = Instant::now();
            let answer = self.exchange(&mut state, "/v1/auth/sign-in", &body).await?;
            if answer.status == 200 {
                let issued: Issued = answer.read()?;
                state.log.signed_in(Span::since(sent), issued.device_key.clone());
                state.session = Session::of(issued);
                return Ok(());
            }
            if answer.code().as_deref().and_then(Remedy::of) != Some(Remedy::Prove) {
                return Err(answer.wrong("not an answer to a sign-in"));
            }
        }
        Err(Error::Setting(format!("{}: proofs are refused again and again", self.name)))
    }

    /// Sends a sign-in or a refresh through the network.
    async fn exchange<T: Serialize + Sync>(
        &self,
        state: &mut State,
        path: &str,
        body: &T,
    ) -> Result<Answer, Error> {
        let url = self.connection.url(path, &[])?;
        let call = format!("POST {url} by {}", self.name);
        let proof = self.proof(&Method::POST, &url, state.nonce.as_deref(), None)?;
        let request = || {
            let request = self.connection.request(Method::POST, url.clone()).json(body);
            request.header(DPOP, &proof)
        };
        let transit = state.faults.as_mut().map_or(Transit::Delivered, network_faults::transit);
        match transit {
            Transit::Delivered => {}
            Transit::Delayed(delay) => {
                state.log.count(Fault::SessionDelayed);
                tokio::time::sleep(delay).await;
            }
            Transit::RequestLost => {
                state.log.count(Fault::SessionRequestLost);
                return Err(Error::Lost { call });
            }
            Transit::AnswerLost => {
                state.log.count(Fault::SessionAnswerLost);
                self.send_unheard(state, path, &call, request()).await?;
                return Err(Error::Lost { call });
            }
            Transit::Repeated => {
                state.log.count(Fault::SessionRepeated);
                self.send_unheard(state, path, &call, request()).await?;
            }
        }
        let answer = self.connection.exchange(&call, request()).await;
        match &answer {
            Ok(answer) => state.learn_nonce(answer),
            Err(_) => state.log.unanswered(),
        }
        answer
    }

    /// Sends a request whose answer does not reach the phone; only the checks learn its effect.
    async fn send_unheard(
        &self,
        state: &mut State,
        path: &str,
        call: &str,
        request: RequestBuilder,
    ) -> Result<(), Error> {
        let sent = Instant::now();
        match self.connection.exchange(call, request).await {
            Ok(answer) if answer.status == 200 && path.ends_with("/refresh") => {
                state.log.renewed(Span::since(sent), false);
                Ok(())
            }
            Err(error) => {
                state.log.unanswered();
                Err(error)
            }
            Ok(_) => Ok(()),
        }
    }

    fn proof(
        &self,
        method: &Method,
        url: &Url,
        nonce: Option<&str>,
        access_token: Option<&str>,
    ) -> Result<String, Error> {
        let issued_at = (Utc::now() + self.clock_ahead).timestamp();
        self.key.proof(&Claims { method, url, issued_at, nonce, access_token })
    }
}

fn header(text: &str) -> Result<HeaderValue, Error> {
    HeaderValue::from_str(text).map_err(|error| Error::Setting(format!("{text}: {error}")))
}
