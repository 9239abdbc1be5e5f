//! Tab-separated values: no headers, for scripts.

use serde_json::Value;

use super::{members, python};

/// A line for each item, or one line. As with the Azure CLI, a list within is its length and an object is empty.
pub(super) fn render(value: &Value, order: Option<&[String]>) -> String {
    let items = value.as_array().map_or_else(|| std::slice::from_ref(value), Vec::as_slice);
    items.iter().map(|item| line(item, order) + "\n").collect()
}

fn line(item: &Value, order: Option<&[String]>) -> String {
    match item {
        Value::Object(object) => joined(members(object, order).into_iter().map(|(_, value)| value)),
        Value::Array(values) => joined(values),
        Value::Bool(flag) => flag.to_string(),
        _ => python(item),
    }
}

fn joined<'a>(values: impl IntoIterator<Item = &'a Value>) -> String {
    let cell = |value: &Value| match value {
        Value::Array(items) => items.len().to_string(),
        Value::Object(_) => String::new(),
        _ => python(value),
    };
    values.into_iter().map(cell).collect::<Vec<_>>().join("\t")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_value_reads_as_the_azure_cli_writes_it() {
        let value = json!([
            {"b": true, "a": "x", "c": null, "d": [1, 2], "e": {"f": 1}, "g": 1.5},
            ["x", false],
            "text",
            true,
            7
        ]);
        assert_eq!(render(&value, None), "x\tTrue\tNone\t2\t\t1.5\nx\tFalse\ntext\ntrue\n7\n");
        assert_eq!(render(&json!({"a": 1, "b": 2}), Some(&["b".into(), "a".into()])), "2\t1\n");
        assert_eq!(render(&json!([]), None), "");
    }
}
