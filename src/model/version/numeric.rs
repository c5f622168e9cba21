//! Runs of decimal numbers (`2024.01.05`) compared without parsing them into machine integers.

use std::cmp::Ordering;

/// The largest count of digits that surely fits into 64 bits.
const SAFE_DIGITS: usize = 19;

/// Whether these are decimal digits whose value fits into 64 bits.
pub(super) fn is_number(digits: &str) -> bool {
    !digits.is_empty()
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && (digits.len() <= SAFE_DIGITS || digits.parse::<u64>().is_ok())
}

/// The number without leading zeros; `0` for zero.
pub(super) fn without_leading_zeros(digits: &str) -> &str {
    let stripped = digits.trim_start_matches('0');
    if stripped.is_empty() {
        // The last digit, so that the result is a slice of the input.
        &digits[digits.len().saturating_sub(1)..]
    } else {
        stripped
    }
}

/// The numbers of `text` split at `separator`, when it consists of nothing else.
pub(super) fn numbers(text: &str, separator: char) -> Option<impl Iterator<Item = &str>> {
    text.split(separator)
        .all(is_number)
        .then(|| text.split(separator))
}

/// How many bytes of this dotted text are left when trailing zero numbers are cut off, or `None`
/// when some number has a leading zero, so that no prefix of the text is canonical.
///
/// The text must be made of [`numbers`].
pub(super) fn canonical_prefix(text: &str) -> Option<usize> {
    let mut end = 0;
    let mut position = 0;
    for digits in text.split('.') {
        if digits.len() > 1 && digits.starts_with('0') {
            return None;
        }
        position += digits.len();
        if digits != "0" || end == 0 {
            end = position;
        }
        position += 1;
    }
    Some(end)
}

/// The numbers joined by dots, without leading zeros and without trailing zero numbers.
pub(super) fn canonical<'a>(numbers: impl Iterator<Item = &'a str>) -> String {
    let mut canonical = String::new();
    let mut end = 0;
    for digits in numbers {
        let digits = without_leading_zeros(digits);
        if !canonical.is_empty() {
            canonical.push('.');
        }
        canonical.push_str(digits);
        if digits != "0" || end == 0 {
            end = canonical.len();
        }
    }
    canonical.truncate(end);
    canonical
}

/// The order of two dotted canonical numbers, missing ones counting as zero; `None` when either
/// text holds anything else.
pub(super) fn compare(a: &str, b: &str) -> Option<Ordering> {
    let plain = |text: &str| text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    if !plain(a) || !plain(b) {
        return None;
    }
    let (mut left, mut right) = (a.split('.'), b.split('.'));
    loop {
        let (x, y) = match (left.next(), right.next()) {
            (None, None) => return Some(Ordering::Equal),
            (x, y) => (x.unwrap_or("0"), y.unwrap_or("0")),
        };
        match x.len().cmp(&y.len()).then_with(|| x.cmp(y)) {
            Ordering::Equal => {}
            other => return Some(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_bounded_by_64_bits() {
        assert!(is_number("18446744073709551615"));
        assert!(!is_number("18446744073709551616"));
        assert!(is_number("00000000000000000000000000000001"));
        assert!(!is_number("") && !is_number("1a") && !is_number("-1"));
    }

    #[test]
    fn trailing_zero_numbers_and_leading_zeros_vanish() {
        assert_eq!(canonical("2024.01.05".split('.')), "2024.1.5");
        assert_eq!(canonical("1.0.0".split('.')), "1");
        assert_eq!(canonical("0.0".split('.')), "0");
        assert_eq!(canonical("0.10".split('.')), "0.10");
        assert_eq!(canonical_prefix("1.20.0.0"), Some(4));
        assert_eq!(canonical_prefix("0.0.0"), Some(1));
        assert_eq!(canonical_prefix("0.0.1"), Some(5));
        assert_eq!(canonical_prefix("2024.01"), None);
    }

    #[test]
    fn order_is_by_number_and_missing_is_zero() {
        assert_eq!(compare("1.10", "1.9"), Some(Ordering::Greater));
        assert_eq!(compare("1", "1.0.0"), Some(Ordering::Equal));
        assert_eq!(compare("1", "1.0.1"), Some(Ordering::Less));
        assert_eq!(compare("1a0", "1"), None);
    }
}
