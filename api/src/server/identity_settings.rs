//! The settings `service_name`, `host_unit`, `filing_number`, `complaint_contact` and `phone_pin`.

use super::raw_settings::Raw;
use super::settings_error::{SettingsError, require};
use crate::ops::about::Identity;

/// The settings, checked.
///
/// # Errors
/// [`SettingsError`], naming the setting.
pub(super) fn identity(raw: &Raw) -> Result<Identity, SettingsError> {
    let texts = [
        ("service_name", &raw.service_name, 100),
        ("host_unit", &raw.host_unit, 200),
        ("filing_number", &raw.filing_number, 200),
        ("complaint_contact", &raw.complaint_contact, 200),
    ];
    for (name, text, most) in texts {
        let fits = text.as_ref().is_none_or(|text| {
            let length = text.chars().count();
            (1..=most).contains(&length) && !text.contains(char::is_control)
        });
        let requirement = if most == 100 {
            "must have 1 to 100 characters"
        } else {
            "must have 1 to 200 characters"
        };
        require(fits, name, requirement)?;
    }
    Ok(Identity {
        name: raw.service_name.clone(),
        host_unit: raw.host_unit.clone(),
        filing_number: raw.filing_number.clone(),
        complaint_contact: raw.complaint_contact.clone(),
        phone_pin: raw.phone_pin,
    })
}
