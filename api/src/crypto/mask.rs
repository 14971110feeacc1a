//! Masks of personal data for lists: recognisable, but not usable.

/// `王小明` as `王*明`, `王明` as `王*`, `王` as `*`.
pub fn name(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    match letters.as_slice() {
        [] => String::new(),
        [_] => "*".to_owned(),
        [first, _] => format!("{first}*"),
        [first, between @ .., last] => format!("{first}{}{last}", "*".repeat(between.len())),
    }
}

/// `13812341234` as `138****1234`.
pub fn phone(phone: &str) -> String {
    match (phone.get(..3), phone.len().checked_sub(4).and_then(|at| phone.get(at..))) {
        (Some(head), Some(tail)) if phone.len() >= 11 => format!("{head}****{tail}"),
        (_, Some(tail)) if phone.len() > 4 => format!("****{tail}"),
        _ => "****".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_name_and_no_phone_is_shown_whole(
            name in "[\\PC&&[^*]]{1,40}", phone in "[0-9]{1,20}"
        ) {
            let hidden = super::name(&name);
            prop_assert!(hidden.contains('*') && hidden.chars().count() <= name.chars().count());
            prop_assert!(!hidden.contains(&name));
            let hidden = super::phone(&phone);
            prop_assert!(hidden.contains("****") && !hidden.contains(&phone));
        }
    }

    #[test]
    fn a_mask_never_shows_the_whole() {
        assert_eq!(super::name("王小明"), "王*明");
        assert_eq!(super::name("王明"), "王*");
        assert_eq!(super::name("王"), "*");
        assert_eq!(super::name("欧阳小明"), "欧**明");
        assert_eq!(super::phone("13812341234"), "138****1234");
        assert_eq!(super::phone("1234567"), "****4567");
        assert_eq!(super::phone("123"), "****");
    }
}
