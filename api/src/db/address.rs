//! The address of the database, which may contain a password.

use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::DbError;
use super::connection::{Conn, open_postgres, open_sqlite};

/// The scheme of a server's address.
const POSTGRES: &str = "postgres://";

/// The modes in which PostgreSQL's library never sends anything unencrypted.
const ENCRYPTING: [&str; 3] = ["require", "verify-ca", "verify-full"];

/// The address of the database.
#[derive(Clone, PartialEq, Eq)]
pub enum Address {
    /// A `postgres://` URL.
    Postgres(String),
    /// A path to a file.
    Sqlite(PathBuf),
}

/// The text is not an address. No message quotes the text, which may contain a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AddressError {
    /// Neither a path nor a known scheme.
    #[error("must be the path of a file, or an address that begins with postgres://")]
    Scheme,
    /// A URL that PostgreSQL's library would refuse, quoting it.
    #[error(
        "is not a valid postgres:// address: in the user and the password, special characters \
         must be percent-encoded, such as %40 for @ and %20 for a blank"
    )]
    Malformed,
}

impl Address {
    /// Parses a setting: `postgres://...` or `postgresql://...`, in any case, is a server,
    /// anything else a file, optionally with the prefix `sqlite://`.
    ///
    /// # Errors
    /// [`AddressError`]; also for a text that looks like an address of a server with a mistake,
    /// since a file of that name would show the password.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        let (scheme, rest) = text.split_once(':').unwrap_or(("", text));
        match (scheme.to_ascii_lowercase().as_str(), rest.strip_prefix("//")) {
            ("postgres" | "postgresql", Some(rest)) if is_well_formed(rest) => {
                Ok(Self::Postgres(format!("{POSTGRES}{rest}")))
            }
            ("postgres" | "postgresql", Some(_)) => Err(AddressError::Malformed),
            ("sqlite", Some(path)) if !path.is_empty() => Ok(Self::Sqlite(path.into())),
            ("postgres" | "postgresql" | "sqlite", _) | (_, Some(_)) => Err(AddressError::Scheme),
            _ if text.is_empty() || has_password(text) => Err(AddressError::Scheme),
            _ => Ok(Self::Sqlite(text.into())),
        }
    }

    /// The file, if it is one.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::Postgres(_) => None,
            Self::Sqlite(path) => Some(path),
        }
    }

    /// The first host that is reached over a network without the encryption that `sslmode`
    /// demands.
    pub fn unencrypted_host(&self) -> Option<String> {
        let Self::Postgres(url) = self else { return None };
        let (place, query) = url
            .trim_start_matches(POSTGRES)
            .split_once('?')
            .unwrap_or_else(|| (url.trim_start_matches(POSTGRES), ""));
        let parameter = |name: &str| {
            // Of a repeated parameter, the last one counts.
            let mut pairs = query.rsplit('&').filter_map(|pair| pair.split_once('='));
            pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
        };
        if parameter("sslmode").is_some_and(|mode| ENCRYPTING.contains(&mode)) {
            return None;
        }
        let (authority, _) = place.split_once('/').unwrap_or((place, ""));
        let hosts = authority.rsplit_once('@').map_or(authority, |(_, hosts)| hosts);
        // A parameter replaces the host of the authority; `hostaddr` is the one that is dialled.
        let hosts = parameter("hostaddr").or_else(|| parameter("host")).unwrap_or(hosts);
        let service = parameter("service").map(|_| "service".to_owned());
        hosts.split(',').find(|host| !is_local(host)).map(str::to_owned).or(service)
    }

    /// Connects.
    ///
    /// # Errors
    /// [`DbError::Unavailable`].
    pub fn connect(&self) -> Result<Conn, DbError> {
        match self {
            Self::Postgres(url) => open_postgres(url).map(Conn::Pg),
            Self::Sqlite(path) => open_sqlite(path).map(Conn::Sqlite),
        }
    }
}

/// Whether a text without a scheme contains a password: `user:password@host`, or the keywords
/// that PostgreSQL's library also accepts.
fn has_password(text: &str) -> bool {
    text.contains("password=") || text.split_once(':').is_some_and(|(_, rest)| rest.contains('@'))
}

/// Whether PostgreSQL's library can parse the URL after its scheme: its errors would quote parts
/// of it, and a special character in a password would split it in the wrong place.
fn is_well_formed(url: &str) -> bool {
    let (place, query) = url.split_once('?').unwrap_or((url, ""));
    let (authority, path) = place.split_once('/').unwrap_or((place, ""));
    let hosts = authority.split_once('@').map_or(authority, |(_, hosts)| hosts);
    let forbidden = |c: char| c.is_whitespace() || c.is_control() || c == '#';
    !url.contains(forbidden)
        && !hosts.contains('@')
        && !path.contains('@')
        && hosts.split(',').all(has_valid_port)
        && (query.is_empty() || query.split('&').all(|pair| pair.contains('=')))
        && url.split('%').skip(1).all(begins_with_encoded_byte)
}

/// Whether `host` is this machine or a socket; the port and percent-encoding remain.
fn is_local(host: &str) -> bool {
    let bare = match host.strip_prefix('[') {
        Some(rest) => rest.split_once(']').map_or(rest, |(address, _)| address),
        // An IPv6 address in a parameter has no brackets and no port.
        None if host.matches(':').count() > 1 => host,
        None => host.split_once(':').map_or(host, |(host, _)| host),
    };
    let socket = bare.is_empty()
        || ["/", "@", "%2f", "%2F", "%40"].iter().any(|begins| bare.starts_with(begins));
    let loopback = |address: IpAddr| address.to_canonical().is_loopback();
    socket || bare.eq_ignore_ascii_case("localhost") || bare.parse().is_ok_and(loopback)
}

/// Whether the port of `host` is a number or absent.
fn has_valid_port(host: &str) -> bool {
    // An IPv6 address contains colons and is in brackets.
    let after = host.rsplit_once(']').map_or(host, |(_, after)| after);
    after.rsplit_once(':').is_none_or(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Whether two hexadecimal digits follow a `%`; not those of NUL.
fn begins_with_encoded_byte(text: &str) -> bool {
    let byte = text.get(..2).filter(|byte| byte.bytes().all(|digit| digit.is_ascii_hexdigit()));
    byte.is_some_and(|byte| byte != "00")
}

impl fmt::Debug for Address {
    /// Shows a server's address without its user and password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "{}", path.display()),
            Self::Postgres(url) => {
                let bare = url.split('?').next().unwrap_or_default().trim_start_matches(POSTGRES);
                let place = bare.rsplit_once('@').map_or(bare, |(_, place)| place);
                write!(f, "{POSTGRES}{place}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        format!("{:?}", Address::parse(text).expect("an address"))
    }

    #[test]
    fn an_address_never_shows_its_password() {
        for address in [
            "postgres://anna:secret@db.local:5432/gridward?sslmode=off",
            "Postgres://anna:secret@db.local:5432/gridward",
            "POSTGRESQL://anna:s%20e%40cret@db.local:5432/gridward",
            " postgres://db.local:5432/gridward?user=anna&password=se@cret\n",
        ] {
            assert_eq!(shown(address), "postgres://db.local:5432/gridward", "{address}");
        }
        assert_eq!(shown("postgres://a:b@[::1]:5432/x"), "postgres://[::1]:5432/x");
        assert_eq!(shown("postgres://h1:5432,h2/x"), "postgres://h1:5432,h2/x");
        assert_eq!(shown("postgres:///x?host=/run/postgresql"), "postgres:///x");
    }

    #[test]
    fn an_address_with_an_unencoded_password_is_refused_without_quoting_it() {
        for address in [
            "postgres://anna:s3 cr3t@db.local/x",
            "postgres://anna:s3@cr3t@db.local/x",
            "postgres://anna:s3/cr3t@db.local/x",
            "postgres://anna:s3?cr3t@db.local/x",
            "postgres://anna:s3#cr3t@db.local/x",
            "postgres://anna:s3%cr3t@db.local/x",
            "postgres://anna:s3%00cr3t@db.local/x",
            "postgres://anna:cr3t",
            "postgres://anna:cr3t/x",
        ] {
            assert_eq!(Address::parse(address), Err(AddressError::Malformed), "{address}");
        }
        for address in [
            "",
            "mysql://anna:s3cr3t@db.local/x",
            "postgers://anna:s3cr3t@db.local/x",
            "postgres:/anna:s3cr3t@db.local/x",
            "anna:s3cr3t@db.local/x",
            "host=db.local user=anna password=s3cr3t",
            "sqlite:var/a.db",
        ] {
            assert_eq!(Address::parse(address), Err(AddressError::Scheme), "{address}");
        }
    }

    #[test]
    fn a_server_beyond_this_machine_needs_encryption() {
        let exposed = |text: &str| Address::parse(text).expect("an address").unencrypted_host();
        for address in [
            "var/a.db",
            "postgres:///x",
            "postgres:///x?host=/run/postgresql",
            "postgres://%2Frun%2Fpostgresql/x",
            "postgres://anna:s@localhost:5432/x",
            "postgres://127.0.0.2/x?sslmode=disable",
            "postgres://[::1]:5432/x",
            "postgres://db.local/x?sslmode=require",
            "postgres://db.local,db2.local/x?sslmode=disable&sslmode=verify-full",
            "postgres://db.local/x?sslmode=verify-ca",
        ] {
            assert_eq!(exposed(address), None, "{address}");
        }
        for (address, host) in [
            ("postgres://anna:s@db.local:5432/x", "db.local:5432"),
            ("postgres://db.local", "db.local"),
            ("postgres://db.local/x?sslmode=prefer", "db.local"),
            ("postgres://db.local/x?sslmode=require&sslmode=disable", "db.local"),
            ("postgres://localhost,192.0.2.1/x", "192.0.2.1"),
            ("postgres://[2001:db8::1]:5432/x", "[2001:db8::1]:5432"),
            ("postgres://localhost/x?host=db.local", "db.local"),
            ("postgres:///x?host=localhost&hostaddr=192.0.2.1", "192.0.2.1"),
            ("postgres:///x?service=main", "service"),
        ] {
            assert_eq!(exposed(address).as_deref(), Some(host), "{address}");
        }
    }

    #[test]
    fn a_path_is_a_file_with_or_without_its_scheme() {
        let file = Ok(Address::Sqlite("var/a.db".into()));
        for path in ["var/a.db", "sqlite://var/a.db", "SQLite://var/a.db", " var/a.db "] {
            assert_eq!(Address::parse(path), file, "{path}");
        }
        assert!(Address::parse("/srv/me@home/a.db").is_ok());
    }
}
