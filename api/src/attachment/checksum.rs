//! The tus header `Upload-Checksum`: the hash of the body of one PATCH.

use aws_lc_rs::digest::{Algorithm, Context, SHA1_FOR_LEGACY_USE_ONLY, SHA256};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use thiserror::Error;

/// The algorithms, as listed by OPTIONS. The tus protocol requires SHA-1, which detects
/// corruption in transit but not tampering.
pub const ALGORITHMS: &str = "sha1,sha256";

/// The expected hash of the body of one PATCH.
#[derive(Clone, Debug)]
pub struct Checksum {
    algorithm: &'static Algorithm,
    hash: Vec<u8>,
}

/// A malformed header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("must be sha1 or sha256, a space, and the hash in base64")]
pub struct ChecksumError;

impl std::str::FromStr for Checksum {
    type Err = ChecksumError;

    fn from_str(header: &str) -> Result<Self, ChecksumError> {
        let (name, hash) = header.trim().split_once(' ').ok_or(ChecksumError)?;
        let algorithm = match name {
            "sha1" => &SHA1_FOR_LEGACY_USE_ONLY,
            "sha256" => &SHA256,
            _ => return Err(ChecksumError),
        };
        let hash = BASE64_STANDARD.decode(hash.trim()).map_err(|_| ChecksumError)?;
        if hash.len() == algorithm.output_len() {
            Ok(Self { algorithm, hash })
        } else {
            Err(ChecksumError)
        }
    }
}

impl Checksum {
    /// Begins to compute the hash of a body.
    pub fn begin(&self) -> Verification {
        Verification { context: Context::new(self.algorithm), hash: self.hash.clone() }
    }
}

/// The hash of the bytes received so far, and the expected one.
#[derive(Clone)]
pub struct Verification {
    context: Context,
    hash: Vec<u8>,
}

impl Verification {
    /// Adds bytes.
    pub fn add(&mut self, bytes: &[u8]) {
        self.context.update(bytes);
    }

    /// Whether the hash of all bytes is the expected one.
    pub fn matches(self) -> bool {
        self.context.finish().as_ref() == self.hash
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_algorithms_know_their_bytes() {
        for abc in [
            "sha1 qZk+NkcGgWq6PiVxeFDCbJzQ2J0=",
            "sha256 ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=",
        ] {
            let checksum: Checksum = abc.parse().expect("a checksum");
            let matches = |parts: [&[u8]; 2]| {
                let mut verification = checksum.begin();
                for part in parts {
                    verification.add(part);
                }
                verification.matches()
            };
            assert!(matches([b"a", b"bc"]) && !matches([b"a", b"bd"]), "{abc}");
        }
    }

    #[test]
    fn another_algorithm_and_a_hash_of_another_length_are_no_checksum() {
        for wrong in [
            "",
            "sha1",
            "sha1 !",
            "md5 kAFQmDzST7DWlj99KOF/cg==",
            "sha256 qZk+NkcGgWq6PiVxeFDCbJzQ2J0=",
        ] {
            assert_eq!(wrong.parse::<Checksum>().err(), Some(ChecksumError), "{wrong}");
        }
    }
}
