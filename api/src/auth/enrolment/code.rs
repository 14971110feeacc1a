//! One-time codes: ten characters of Crockford's base32 on paper, six digits in a message.

use std::fmt;

use gridward_domain::area::AreaCode;
use gridward_domain::id::PersonId;
use secrecy::{ExposeSecret, SecretString};

use crate::crypto::SealingKey;
use crate::crypto::installation::{KeyError, random};
use crate::db::column::Hash;

/// Crockford's base32: no letter that is mistaken for a digit.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Characters of an invitation's code: 50 bits.
const LENGTH: usize = 10;
/// Characters of a group, as it is written.
const GROUP: usize = 5;
/// Digits of a code by message.
const DIGITS: usize = 6;
/// The number of codes by message.
const MESSAGES: u64 = 1_000_000;

/// A one-time code, as it is entered: in upper case, without separators.
#[derive(Clone)]
pub struct Code(SecretString);

impl Code {
    /// A new code for an invitation.
    ///
    /// # Errors
    /// [`KeyError::NoRandom`].
    pub fn invitation() -> Result<Self, KeyError> {
        let bytes: [u8; LENGTH] = random()?;
        let letters = bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)]));
        Ok(Self(letters.collect::<String>().into()))
    }

    /// A new code for a message.
    ///
    /// # Errors
    /// [`KeyError::NoRandom`].
    pub fn message() -> Result<Self, KeyError> {
        // Of 64 bits, so that the remainder is as good as uniform.
        let number = u64::from_be_bytes(random()?) % MESSAGES;
        Ok(Self(format!("{number:06}").into()))
    }

    /// The code that a person entered: separators are dropped, and letters that look like digits
    /// are read as those.
    pub fn entered(text: &str) -> Self {
        let letters = text.chars().filter(|letter| letter.is_alphanumeric());
        let read = letters.map(|letter| match letter.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        });
        Self(read.collect::<String>().into())
    }

    /// Whether it has the form of a code by message.
    pub fn is_message(&self) -> bool {
        let code = self.as_str();
        code.len() == DIGITS && code.bytes().all(|digit| digit.is_ascii_digit())
    }

    /// The code without separators.
    pub fn as_str(&self) -> &str {
        self.0.expose_secret()
    }

    /// The code as it is stored for a person of a district.
    pub fn hash(&self, key: &SealingKey, district: AreaCode, person: PersonId) -> Hash {
        key.secret(&self.purpose(district, person))
    }

    /// Whether `stored` is this code of the person, in constant time.
    pub fn is(&self, stored: &Hash, key: &SealingKey, whose: (AreaCode, PersonId)) -> bool {
        key.is_secret(&self.purpose(whose.0, whose.1), stored.as_ref())
    }

    fn purpose(&self, district: AreaCode, person: PersonId) -> String {
        format!("one-time code|{district}|{person}|{}", self.as_str())
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code")
    }
}

/// The code as it is written on paper, in two groups.
impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.as_str().split_at_checked(GROUP) {
            Some((first, second)) if !second.is_empty() => write!(f, "{first}-{second}"),
            _ => f.write_str(self.as_str()),
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_code_is_written_in_two_groups_and_read_in_any_way() {
        let code = Code::invitation().expect("a code");
        let written = code.to_string();
        assert_eq!((written.len(), written.chars().nth(5)), (11, Some('-')));
        for entered in [written.to_lowercase(), written.replace('-', " "), written.clone()] {
            assert_eq!(Code::entered(&entered).as_str(), code.as_str());
        }
        assert_eq!(Code::entered("oil-0").as_str(), "0110");
    }

    #[test]
    fn a_message_has_six_digits() {
        let code = Code::message().expect("a code");
        assert!(code.is_message() && !Code::invitation().expect("a code").is_message());
    }

    #[test]
    fn a_code_is_that_of_its_person_only() {
        let key = SealingKey::new(&[7; 32]);
        let district: AreaCode = "500116".parse().expect("a code");
        let (one, other) = (PersonId(Uuid::now_v7()), PersonId(Uuid::now_v7()));
        let code = Code::entered("ABCDE-FGHJK");
        let stored = code.hash(&key, district, one);
        assert!(code.is(&stored, &key, (district, one)));
        assert!(!code.is(&stored, &key, (district, other)));
        assert!(!Code::entered("ABCDE-FGHJJ").is(&stored, &key, (district, one)));
    }
}
