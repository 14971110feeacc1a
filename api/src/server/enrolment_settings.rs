//! The settings of enrolment, second factors and messages.

use std::sync::Arc;

use chrono::TimeDelta;

use super::raw_settings::{DAY, Raw, SecondFactor, Sms};
use super::settings_error::{SettingsError, require};
use crate::auth::SecondFactorPolicy;
use crate::auth::enrolment::code_requests::CodeMessages;
use crate::auth::enrolment::sms::{HttpSender, LogSender, Sender};

/// The settings of enrolment.
#[derive(Clone, Debug)]
pub struct EnrolmentSettings {
    /// `second_factor`, `second_factor_grace` and `step_up_s`, 1 to 86,400. A demo requires no
    /// second factor.
    pub second_factor: SecondFactorPolicy,
    /// `invitation_s`, 60 seconds to 90 days.
    pub invitation: TimeDelta,
    /// `sms`, `sms_url`, `sms_key` and `sms_per_day`, 1 to 1,000,000.
    pub messages: CodeMessages,
}

impl EnrolmentSettings {
    pub(super) fn new(raw: &Raw) -> Result<Self, SettingsError> {
        let refused = |name, reason| SettingsError::OutOfRange { name, reason };
        let step_up = (1..=DAY).contains(&raw.step_up_s);
        require(step_up, "step_up_s", "must be a number of seconds up to 86400")?;
        let invitation = (60..=90 * DAY).contains(&raw.invitation_s);
        require(invitation, "invitation_s", "must be from 60 to 7776000 seconds")?;
        let per_day = (1..=1_000_000).contains(&raw.sms_per_day);
        require(per_day, "sms_per_day", "must be from 1 to 1000000")?;
        let sender: Option<Sender> = match (raw.sms, &raw.sms_url, &raw.sms_key) {
            (Sms::Off, ..) => None,
            (Sms::Log, ..) => Some(Arc::new(LogSender)),
            (Sms::Http, Some(url), Some(key)) => {
                let sender = HttpSender::new(url.clone(), key);
                let sender = sender.map_err(|_| refused("sms", "`http` needs the system's TLS"));
                Some(Arc::new(sender?))
            }
            (Sms::Http, ..) => return Err(refused("sms", "`http` needs `sms_url` and `sms_key`")),
        };
        Ok(Self {
            second_factor: SecondFactorPolicy {
                is_required: raw.second_factor == SecondFactor::Required,
                grace: raw.second_factor_grace,
                step_up: TimeDelta::seconds(raw.step_up_s.into()),
            },
            invitation: TimeDelta::seconds(raw.invitation_s.into()),
            messages: CodeMessages { sender, per_day: raw.sms_per_day },
        })
    }
}
