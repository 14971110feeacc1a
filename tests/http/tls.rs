//! HTTPS: a certificate that fits its key, HTTP/2, and a renewal without a restart.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::Duration;

use reqwest::{Certificate, Client, Version};

use crate::operation::starting::{refused, serve};
use crate::support::{Database, Files, Server};

/// A certificate for this machine and its key, in the folder of a database.
struct Pair {
    cert: PathBuf,
    key: PathBuf,
    pem: String,
}

impl Pair {
    /// A new pair in files of this name.
    fn new(database: &Database, name: &str) -> Self {
        let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
        let made = rcgen::generate_simple_self_signed(names).expect("a certificate");
        let file = |kind| database.folder.path().join(format!("{name}.{kind}"));
        let pair = Self { cert: file("cert"), key: file("key"), pem: made.cert.pem() };
        std::fs::write(&pair.cert, &pair.pem).expect("a certificate");
        std::fs::write(&pair.key, made.signing_key.serialize_pem()).expect("a key");
        std::fs::set_permissions(&pair.key, Permissions::from_mode(0o600)).expect("a mode");
        pair
    }

    /// The settings that name the files.
    fn settings(&self) -> [(&'static str, &str); 2] {
        let (cert, key) = (self.cert.to_str(), self.key.to_str());
        [("GRIDWARD_TLS_CERT", cert.expect("a path")), ("GRIDWARD_TLS_KEY", key.expect("a path"))]
    }

    /// A client that trusts this certificate only.
    fn client(&self) -> Client {
        let root = Certificate::from_pem(self.pem.as_bytes()).expect("a certificate");
        Client::builder().tls_certs_only([root]).build().expect("a client")
    }

    /// Whether the server at `base` has this certificate.
    async fn is_of(&self, base: &str) -> bool {
        self.client().get(format!("{base}/healthz")).send().await.is_ok()
    }
}

/// A server with this certificate, which other machines may reach.
fn start(pair: &Pair, mut database: Database) -> Server {
    for (name, value) in pair.settings() {
        database.set(name, value);
    }
    database.set("GRIDWARD_LISTEN", "0.0.0.0:0");
    database.set("GRIDWARD_PUBLIC_ORIGINS", "https://gridward.example");
    let mut server = Server::with(database, &Files::small());
    server.base = server.base.replace("0.0.0.0", "127.0.0.1");
    server
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn https_is_served_by_both_versions_of_http_and_is_to_last() {
    let database = Database::sqlite();
    let pair = Pair::new(&database, "first");
    let server = start(&pair, database);
    assert!(server.base.starts_with("https://127.0.0.1:"), "{}", server.base);
    let one = Client::builder().http1_only();
    let root = Certificate::from_pem(pair.pem.as_bytes()).expect("a certificate");
    let one = one.tls_certs_only([root]).build().expect("a client");
    for (client, version) in [(pair.client(), Version::HTTP_2), (one, Version::HTTP_11)] {
        let answer = client.get(format!("{}/healthz", server.base)).send().await;
        let answer = answer.expect("an answer");
        assert_eq!((answer.status().as_u16(), answer.version()), (200, version));
        assert_eq!(answer.headers()["strict-transport-security"], "max-age=31536000");
    }
    let plain = server.base.replace("https", "http");
    assert!(Client::new().get(plain).send().await.is_err(), "plain HTTP is not served");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_connection_has_a_limited_number_of_requests_at_a_time() {
    let mut database = Database::sqlite();
    database.set("GRIDWARD_BODY_SECONDS", "3");
    let pair = Pair::new(&database, "first");
    let server = start(&pair, database);
    let client = pair.client();
    let health = || client.get(format!("{}/healthz", server.base)).send();
    assert_eq!(health().await.expect("an answer").version(), Version::HTTP_2);
    let stalled = (0..120).map(|_| {
        let nothing = futures_util::stream::pending::<Result<Vec<u8>, std::io::Error>>();
        let request = client.post(format!("{}/v1/auth/sign-in", server.base));
        let request = request.header("content-type", "application/json");
        let request = request.body(reqwest::Body::wrap_stream(nothing)).send();
        async { request.await.expect("an answer").status().as_u16() }
    });
    let mut statuses = futures_util::future::join_all(stalled).await;
    statuses.sort_unstable();
    let expected = [vec![408; 100], vec![429; 20]].concat();
    assert_eq!(statuses, expected);
    assert_eq!(health().await.expect("an answer").status(), 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_renewed_certificate_is_read_on_sighup_and_an_unusable_one_is_not() {
    let database = Database::sqlite();
    let (first, second) = (Pair::new(&database, "first"), Pair::new(&database, "second"));
    let server = start(&first, database);
    assert!(first.is_of(&server.base).await && !second.is_of(&server.base).await);

    std::fs::copy(&second.cert, &first.cert).expect("a certificate without its key");
    server.signal("-HUP");
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(first.is_of(&server.base).await, "the previous certificate stays");

    std::fs::copy(&second.key, &first.key).expect("its key");
    server.signal("-HUP");
    let mut tries = 0;
    while !second.is_of(&server.base).await {
        tries += 1;
        assert!(tries < 100, "the new certificate is read");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(!first.is_of(&server.base).await);
}

#[test]
fn a_certificate_that_cannot_be_used_stops_the_start() {
    let database = Database::sqlite();
    let (first, second) = (Pair::new(&database, "first"), Pair::new(&database, "second"));
    let [(cert_setting, cert), (key_setting, key)] = first.settings();
    let [_, (_, other_key)] = second.settings();
    for (settings, named) in [
        (vec![(cert_setting, cert), (key_setting, other_key)], "does not fit the private key"),
        (vec![(cert_setting, cert)], "`tls_cert` and `tls_key` need each other"),
        (vec![(cert_setting, key), (key_setting, key)], "contains no certificate"),
        (vec![(cert_setting, cert), (key_setting, cert)], "`tls_key`"),
        (vec![(cert_setting, "absent"), (key_setting, key)], "absent cannot be read"),
        (vec![(cert_setting, cert), (key_setting, "absent")], "absent contains no private key"),
    ] {
        let text = refused(serve(&database, &settings));
        assert!(text.contains(named), "{named}: {text}");
    }
    std::fs::set_permissions(&first.key, Permissions::from_mode(0o644)).expect("a mode");
    let text = refused(serve(&database, &first.settings()));
    assert!(text.contains("`tls_key`") && text.contains("chmod 600"), "{text}");
}
