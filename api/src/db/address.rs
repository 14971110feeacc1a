//! The address of the database, which may contain a password.

use std::fmt;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::DbError;
use super::connection::{Conn, open_postgres, open_sqlite};

/// The scheme of a server's address.
const POSTGRES: &str = "postgres://";

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
    fn a_path_is_a_file_with_or_without_its_scheme() {
        let file = Ok(Address::Sqlite("var/a.db".into()));
        for path in ["var/a.db", "sqlite://var/a.db", "SQLite://var/a.db", " var/a.db "] {
            assert_eq!(Address::parse(path), file, "{path}");
        }
        assert!(Address::parse("/srv/me@home/a.db").is_ok());
    }
}
