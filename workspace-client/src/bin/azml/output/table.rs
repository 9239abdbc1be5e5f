//! Tables as the Azure CLI draws them: headers, dashes, rows; no boxes.

use serde_json::Value;
use unicode_width::UnicodeWidthStr as _;

use super::{Column, members, python};

/// What a table without chosen columns leaves out.
const LEFT_OUT: [&str; 3] = ["etag", "id", "type"];

/// A table of these columns.
pub(super) fn columns(value: &Value, columns: &[Column]) -> String {
    let headers = columns.iter().map(|(header, _)| (*header).to_owned()).collect();
    let cell = |item: &Value, key: &str| match member(item, key) {
        None | Some(Value::Null) => String::new(),
        Some(value) => short(python(value)),
    };
    let row = |item: &Value| columns.iter().map(|(_, key)| cell(item, key)).collect();
    draw(headers, items(value).iter().map(row).collect())
}

/// The id of an asset as people say it, `name:version`, because it leaves no room for other columns; all else as it is.
fn short(text: String) -> String {
    let parts: Vec<_> = text.split('/').collect();
    match parts[..] {
        ["" | "azureml:", "subscriptions", .., name, "versions", version] => format!("{name}:{version}"),
        _ => text,
    }
}

/// A table of every simple member.
pub(super) fn automatic(value: &Value, order: Option<&[String]>) -> String {
    let mut headers: Vec<String> = Vec::new();
    let mut rows = Vec::new();
    for item in items(value) {
        let mut row = vec![String::new(); headers.len()];
        for (header, text) in cells(item, order) {
            let column = headers.iter().position(|known| *known == header).unwrap_or_else(|| {
                headers.push(header);
                row.push(String::new());
                headers.len() - 1
            });
            row[column] = text;
        }
        rows.push(row);
    }
    draw(headers, rows)
}

fn member<'a>(item: &'a Value, key: &str) -> Option<&'a Value> {
    if key.starts_with('/') { item.pointer(key) } else { item.get(key) }
}

fn items(value: &Value) -> &[Value] {
    value.as_array().map_or_else(|| std::slice::from_ref(value), Vec::as_slice)
}

fn cells(item: &Value, order: Option<&[String]>) -> Vec<(String, String)> {
    match item {
        Value::Object(object) => {
            let is_shown = |key: &str, value: &Value| {
                !LEFT_OUT.contains(&key) && !value.is_null() && !value.is_array() && !value.is_object()
            };
            let shown = members(object, order).into_iter().filter(|(key, value)| is_shown(key, value));
            shown.map(|(key, value)| (capitalised(key), python(value))).collect()
        }
        Value::Array(values) => {
            let column = |(index, value)| (format!("Column{}", index + 1), python(value));
            values.iter().enumerate().map(column).collect()
        }
        _ => vec![("Result".to_owned(), python(item))],
    }
}

fn capitalised(key: &str) -> String {
    let mut rest = key.chars();
    rest.next().map(|first| first.to_uppercase().chain(rest).collect()).unwrap_or_default()
}

fn draw(headers: Vec<String>, rows: Vec<Vec<String>>) -> String {
    if headers.is_empty() || rows.is_empty() {
        return String::new();
    }
    // A column is at least two wider than its header (observed: az).
    let mut widths: Vec<usize> = headers.iter().map(|header| header.width() + 2).collect();
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.width());
        }
    }
    let dashes = widths.iter().map(|width| "-".repeat(*width)).collect();
    let lines = [headers, dashes].into_iter().chain(rows);
    lines.map(|cells| line(&cells, &widths) + "\n").collect()
}

fn line(cells: &[String], widths: &[usize]) -> String {
    let mut line = String::new();
    for (cell, width) in cells.iter().zip(widths) {
        let cell = cell.replace(['\n', '\r', '\t'], " ");
        line.push_str(&cell);
        line.push_str(&" ".repeat(width.saturating_sub(cell.width()) + 2));
    }
    line.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn columns_line_up_by_what_is_seen_not_by_bytes() {
        let value = json!([{"name": "日本", "on": true}, {"name": "a-longer-name", "on": null}]);
        let table = columns(&value, &[("Name", "name"), ("On", "on")]);
        assert_eq!(table, "Name           On\n-------------  ----\n日本           True\na-longer-name\n");
    }

    #[test]
    fn the_id_of_an_asset_is_shown_as_people_say_it() {
        let id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w/models/credit/versions/7";
        let shown = [id, &format!("azureml:{id}"), "azureml://registries/r/models/m/versions/1", "a/b"]
            .map(|text| short(text.to_owned()));
        assert_eq!(shown, ["credit:7", "credit:7", "azureml://registries/r/models/m/versions/1", "a/b"]);
    }

    #[test]
    fn a_table_without_chosen_columns_shows_the_simple_members() {
        let value = json!([{"name": "x", "id": "i", "tags": {}, "zone": null}, {"name": "y", "zone": 1}]);
        assert_eq!(automatic(&value, None), "Name    Zone\n------  ------\nx\ny       1\n");
        assert_eq!(automatic(&json!(["a", "b"]), None), "Result\n--------\na\nb\n");
        assert_eq!(automatic(&json!([["a", 1]]), None), "Column1    Column2\n---------  ---------\na          1\n");
        let order = ["b".to_owned(), "a".to_owned()];
        assert_eq!(automatic(&json!({"a": 1, "b": 2}), Some(&order)), "B    A\n---  ---\n2    1\n");
        assert_eq!(automatic(&json!([]), None), "");
    }
}
