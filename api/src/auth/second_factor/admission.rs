//! Whether a sign-in with a correct password is admitted, and by which further proof.

use super::policy::SecondFactorPolicy;
use crate::auth::device::{AuthMethod, DeviceKind};
use crate::http::problem::ProblemCode;

/// What the device of a sign-in proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceProof {
    /// No key.
    Nothing,
    /// A key that is not enrolled.
    Key,
    /// The key of an enrolled device.
    EnrolledKey,
}

/// The second factors of a person, and the device of the sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Factors {
    /// Whether the person has confirmed an authenticator app.
    pub has_totp: bool,
    /// Whether any device of the person is enrolled.
    pub has_device: bool,
    /// What the device proves.
    pub proof: DeviceProof,
    /// The kind of the device; `None` for a sign-in without one.
    pub kind: Option<DeviceKind>,
    /// Whether the person may enrol by signing in, on this day.
    pub may_enrol: bool,
}

/// The decision about a sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// Admitted, with these methods.
    Admitted(&'static [AuthMethod]),
    /// Admitted with the current code of the authenticator app.
    NeedsTotp,
    /// Admitted, and the key of the device is enrolled.
    Enrols,
    /// Refused.
    Refused(ProblemCode),
}

/// Decides about a sign-in. A person who has set up an authenticator app uses it in every
/// installation, unless the device is enrolled.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "both arguments are only read")]
pub fn decide(policy: &SecondFactorPolicy, factors: &Factors) -> Admission {
    const PASSWORD: &[AuthMethod] = &[AuthMethod::Pwd];
    if factors.proof == DeviceProof::EnrolledKey {
        return Admission::Admitted(&[AuthMethod::Pwd, AuthMethod::Swk]);
    }
    if factors.has_totp {
        return Admission::NeedsTotp;
    }
    if !policy.is_required {
        return Admission::Admitted(PASSWORD);
    }
    if factors.has_device || !factors.may_enrol {
        return Admission::Refused(ProblemCode::EnrolmentRequired);
    }
    if factors.proof == DeviceProof::Key && factors.kind == Some(DeviceKind::Phone) {
        return Admission::Enrols;
    }
    Admission::Admitted(PASSWORD)
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    const NONE: Factors = Factors {
        has_totp: false,
        has_device: false,
        proof: DeviceProof::Nothing,
        kind: Some(DeviceKind::Phone),
        may_enrol: false,
    };

    fn decide_if(is_required: bool, factors: Factors) -> Admission {
        let step_up = TimeDelta::seconds(600);
        decide(&SecondFactorPolicy { is_required, grace: None, step_up }, &factors)
    }

    #[test]
    fn without_a_second_factor_nobody_is_admitted_where_one_is_required() {
        let refused = Admission::Refused(ProblemCode::EnrolmentRequired);
        assert_eq!(decide_if(true, NONE), refused);
        assert_eq!(decide_if(true, Factors { proof: DeviceProof::Key, ..NONE }), refused);
        assert_eq!(decide_if(false, NONE), Admission::Admitted(&[AuthMethod::Pwd]));
    }

    #[test]
    fn an_enrolled_key_needs_no_code_and_another_device_does() {
        let enrolled =
            Factors { has_device: true, has_totp: true, proof: DeviceProof::Key, ..NONE };
        for is_required in [true, false] {
            assert_eq!(decide_if(is_required, enrolled), Admission::NeedsTotp);
            let admitted =
                decide_if(is_required, Factors { proof: DeviceProof::EnrolledKey, ..enrolled });
            assert_eq!(admitted, Admission::Admitted(&[AuthMethod::Pwd, AuthMethod::Swk]));
        }
    }

    #[test]
    fn a_person_of_before_enrols_a_phone_or_sets_up_an_app() {
        let before = Factors { may_enrol: true, ..NONE };
        assert_eq!(
            decide_if(true, Factors { proof: DeviceProof::Key, ..before }),
            Admission::Enrols
        );
        let console = Factors { kind: Some(DeviceKind::Console), ..before };
        assert_eq!(decide_if(true, console), Admission::Admitted(&[AuthMethod::Pwd]));
        let enrolled_before = Factors { has_device: true, ..before };
        assert!(matches!(decide_if(true, enrolled_before), Admission::Refused(_)));
    }
}
