//! Limits against guessing and overload.

mod bodies;
mod quotas;
mod sign_in;
mod uploads;

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::Server;

/// A connection on which these bytes were sent.
pub(crate) async fn stalled(server: &Server, sent: impl AsRef<[u8]>) -> TcpStream {
    let address = server.base.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.write_all(sent.as_ref()).await.expect("bytes that are sent");
    stream
}

/// The answer on a connection that the server then closes.
pub(crate) async fn answer(stream: &mut TcpStream) -> String {
    let mut answer = String::new();
    let read = stream.read_to_string(&mut answer);
    let read = tokio::time::timeout(Duration::from_secs(8), read).await.expect("an end");
    match read {
        Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => {}
        read => drop(read.expect("a text")),
    }
    answer
}
