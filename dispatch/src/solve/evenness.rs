//! How evenly work is shared, as a pure function of shares: minutes carried by minutes offered.

/// The Gini coefficient of the shares, from 0 (all equal) towards 1 (one person carries all);
/// `None` without work to share.
///
/// Of n sorted shares: the sum of (2i - n - 1) times the i-th share, by n times their sum
/// (Sen, *On Economic Inequality*, 1973).
pub fn gini(mut shares: Vec<f64>) -> Option<f64> {
    let sum: f64 = shares.iter().sum();
    if sum <= 0.0 {
        return None;
    }
    shares.sort_unstable_by(f64::total_cmp);
    let count = as_number(shares.len());
    let weighted: f64 = shares
        .iter()
        .enumerate()
        .map(|(before, share)| (2.0 * as_number(before + 1) - count - 1.0) * share)
        .sum();
    Some(weighted / (count * sum))
}

#[expect(clippy::cast_precision_loss, reason = "a district has fewer than 2^52 people")]
const fn as_number(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn equal_shares_are_even_and_one_of_four_carries_all_at_three_quarters() {
        assert_eq!(gini(vec![]), None);
        assert_eq!(gini(vec![0.0, 0.0]), None);
        assert_eq!(gini(vec![0.5; 8]), Some(0.0));
        assert_eq!(gini(vec![0.0, 1.0, 0.0, 0.0]), Some(0.75));
    }

    proptest! {
        #[test]
        fn the_coefficient_is_that_of_the_differences(shares in prop::collection::vec(0.0..2.0_f64, 1..40)) {
            prop_assume!(shares.iter().sum::<f64>() > 0.01);
            let differences: f64 =
                shares.iter().flat_map(|a| shares.iter().map(move |b| (a - b).abs())).sum();
            let count = as_number(shares.len());
            let expected = differences / (2.0 * count * shares.iter().sum::<f64>());
            let found = gini(shares).expect("a coefficient");
            prop_assert!((found - expected).abs() < 1e-9, "{found} {expected}");
            prop_assert!((0.0..1.0).contains(&found));
        }
    }
}
