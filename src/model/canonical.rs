//! One JSON text for one value: what ids are hashed from, and why equal evidence is equal bytes.

use serde::Serialize;
use serde_json::Value;

/// Canonical JSON: keys in byte order, no white space, integers only.
///
/// The subset of RFC 8785 that Lockstep's documents use: no number in them is fractional.
///
/// # Errors
/// A value that JSON cannot hold, such as a map whose keys are not strings.
pub fn canonical_json<T: Serialize>(value: &T) -> Result<Vec<u8>, serde_json::Error> {
    let mut value: Value = serde_json::to_value(value)?;
    value.sort_all_objects();
    serde_json::to_vec(&value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_of_keys_does_not_matter() {
        let one: Value = serde_json::from_str(r#"{"b":1,"a":{"d":2,"c":[3]}}"#).unwrap();
        let text = String::from_utf8(canonical_json(&one).unwrap()).unwrap();
        assert_eq!(text, r#"{"a":{"c":[3],"d":2},"b":1}"#);
    }
}
