//! The part of OData's filters that clients of run history use: comparisons joined by `and`.

use serde_json::Value;

use super::super::error::ServiceError;

/// A comparison such as `Status eq 'Completed'`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Term {
    /// A JSON pointer, whose names are compared without regard to case.
    path: Vec<String>,
    is_equal: bool,
    value: String,
}

/// The comparisons, all of which must hold.
pub(super) fn read(text: &str) -> Result<Vec<Term>, ServiceError> {
    let terms = text.split(" and ").map(|part| part.trim().trim_matches(['(', ')']).trim());
    terms
        .map(|part| {
            term(part).ok_or_else(|| ServiceError::bad_request(format!("The filter '{part}' is not understood.")))
        })
        .collect()
}

impl Term {
    pub(super) fn holds(&self, run: &Value) -> bool {
        let mut found = run;
        for name in &self.path {
            let inside = found.as_object().and_then(|it| it.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)));
            found = inside.map_or(&Value::Null, |(_, value)| value);
        }
        let is_equal = match found {
            Value::Null => self.value == "null",
            Value::String(text) => text.eq_ignore_ascii_case(&self.value),
            other => serde_json::from_str(&self.value).is_ok_and(|value: Value| value == *other),
        };
        is_equal == self.is_equal
    }
}

fn term(text: &str) -> Option<Term> {
    let (left, rest) = text.split_once(' ')?;
    let (operator, value) = rest.trim().split_once(' ')?;
    let path = left.split('/').map(ToOwned::to_owned).collect();
    let is_equal = match operator {
        "eq" => true,
        "ne" => false,
        _ => return None,
    };
    Some(Term { path, is_equal, value: value.trim().trim_matches('\'').to_owned() })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn comparisons_are_joined_by_and() {
        let run = json!({"status": "Failed", "tags": {"team": "vision"}, "hidden": false, "parentRunId": null});
        let holds = |text: &str| read(text).unwrap().iter().all(|term| term.holds(&run));
        assert!(holds("(Status eq 'failed') and (tags/team eq 'vision')"));
        assert!(holds("ParentRunId eq null and hidden ne true"));
        assert!(!holds("Status ne 'Failed'"));
        assert!(read("contains(name, 'x')").is_err());
    }
}
