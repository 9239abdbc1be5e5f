//! JSON, plain and coloured.

use std::io;

use serde::Serialize as _;
use serde_json::Value;
use serde_json::ser::{Formatter, PrettyFormatter, Serializer};

/// Two spaces of indentation, keys by name.
pub(super) fn plain(value: &Value) -> String {
    format!("{value:#}\n")
}

/// The same, with colours for a terminal.
pub(super) fn coloured(value: &Value) -> String {
    let mut text = Vec::new();
    let mut serializer =
        Serializer::with_formatter(&mut text, Coloured { pretty: PrettyFormatter::new(), in_key: false });
    // Writing a `Value` to memory does not fail.
    let _ = value.serialize(&mut serializer);
    text.push(b'\n');
    String::from_utf8(text).unwrap_or_default()
}

const KEY: &[u8] = b"\x1b[94m";
const TEXT: &[u8] = b"\x1b[32m";
const OTHER: &[u8] = b"\x1b[36m";
const RESET: &[u8] = b"\x1b[0m";

struct Coloured {
    pretty: PrettyFormatter<'static>,
    in_key: bool,
}

impl Formatter for Coloured {
    fn write_null<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        in_colour(writer, b"null")
    }

    fn write_bool<W: ?Sized + io::Write>(&mut self, writer: &mut W, value: bool) -> io::Result<()> {
        in_colour(writer, value.to_string().as_bytes())
    }

    fn write_i64<W: ?Sized + io::Write>(&mut self, writer: &mut W, value: i64) -> io::Result<()> {
        in_colour(writer, value.to_string().as_bytes())
    }

    fn write_u64<W: ?Sized + io::Write>(&mut self, writer: &mut W, value: u64) -> io::Result<()> {
        in_colour(writer, value.to_string().as_bytes())
    }

    fn begin_string<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(if self.in_key { KEY } else { TEXT })?;
        writer.write_all(b"\"")
    }

    fn end_string<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b"\"")?;
        writer.write_all(RESET)
    }

    fn begin_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.pretty.begin_array(writer)
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.pretty.end_array(writer)
    }

    fn begin_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.pretty.begin_array_value(writer, first)
    }

    fn end_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.pretty.end_array_value(writer)
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.pretty.begin_object(writer)
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.pretty.end_object(writer)
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.in_key = true;
        self.pretty.begin_object_key(writer, first)
    }

    fn end_object_key<W: ?Sized + io::Write>(&mut self, _writer: &mut W) -> io::Result<()> {
        self.in_key = false;
        Ok(())
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.pretty.begin_object_value(writer)
    }

    fn end_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.pretty.end_object_value(writer)
    }
}

fn in_colour<W: ?Sized + io::Write>(writer: &mut W, text: &[u8]) -> io::Result<()> {
    writer.write_all(OTHER)?;
    writer.write_all(text)?;
    writer.write_all(RESET)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn without_its_colours_it_is_plain_json() {
        let value = json!({"b": [1, -2, true, null, {}], "a": "x\"\u{e4}", "c": []});
        let mut text = coloured(&value);
        assert!(text.contains("\x1b[94m\"a\"\x1b[0m: \x1b[32m\"x"));
        for colour in [KEY, TEXT, OTHER, RESET] {
            text = text.replace(std::str::from_utf8(colour).unwrap(), "");
        }
        assert_eq!(text, plain(&value));
        assert!(plain(&value).starts_with("{\n  \"a\": \"x\\\"ä\",\n  \"b\": [\n    1,"));
    }
}
