//! What Azure said, and how members of it are read.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A JSON value that is kept whole. A member that is missing, null, or not of the type that is asked for is none: one odd member
/// does not make a resource unreadable. Paths are JSON pointers (RFC 6901).
#[derive(Clone, Deserialize, PartialEq, Serialize)]
#[serde(transparent)]
pub(crate) struct Json(pub(crate) Value);

/// A name as a path writes it.
pub(crate) fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

impl Json {
    /// The same with this member; what it lies in is made where it is missing.
    pub(crate) fn with(mut self, path: &str, value: impl Into<Value>) -> Self {
        let mut place = &mut self.0;
        for name in path.split('/').skip(1) {
            let name = name.replace("~1", "/").replace("~0", "~");
            if !place.is_object() {
                *place = Value::Object(Map::new());
            }
            place = &mut place[name];
        }
        *place = value.into();
        self
    }

    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.0.pointer(path)?.as_str()
    }

    pub(crate) fn boolean(&self, path: &str) -> Option<bool> {
        self.0.pointer(path)?.as_bool()
    }

    pub(crate) fn number(&self, path: &str) -> Option<u64> {
        self.0.pointer(path)?.as_u64()
    }

    pub(crate) fn signed(&self, path: &str) -> Option<i64> {
        self.0.pointer(path)?.as_i64()
    }

    pub(crate) fn float(&self, path: &str) -> Option<f64> {
        self.0.pointer(path)?.as_f64()
    }

    /// One of the values of an open enum.
    pub(crate) fn one_of<'a, E: From<&'a str>>(&'a self, path: &str) -> Option<E> {
        self.text(path).map(E::from)
    }

    /// An ISO 8601 duration.
    pub(crate) fn duration(&self, path: &str) -> Option<Duration> {
        super::duration::parse(self.text(path)?)
    }

    pub(crate) fn items(&self, path: &str) -> impl Iterator<Item = &Value> {
        self.0.pointer(path).and_then(Value::as_array).into_iter().flatten()
    }

    /// The texts of a map, by name; null is an empty one.
    pub(crate) fn texts(&self, path: &str) -> impl Iterator<Item = (&str, &str)> {
        let members = self.0.pointer(path).and_then(Value::as_object).into_iter().flatten();
        members.map(|(name, value)| (name.as_str(), value.as_str().unwrap_or_default()))
    }
}

impl fmt::Debug for Json {
    /// Without its members, some of which are secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Json").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn members_are_written_where_they_are_read() {
        let json =
            Json(json!({"tags": null})).with("/a/b", 1).with("/a/c", "x").with("/tags/team~1a", "y").with("/a/b", 2);
        assert_eq!(json.0, json!({"a": {"b": 2, "c": "x"}, "tags": {"team/a": "y"}}));
        assert_eq!(
            (json.number("/a/b"), json.text("/a/c"), json.text("/tags/team~1a")),
            (Some(2), Some("x"), Some("y"))
        );
    }

    #[test]
    fn an_odd_member_is_none() {
        let json = Json(json!({"name": 1, "items": {}, "tags": {"x": null}, "time": "soon"}));
        assert_eq!((json.text("/name"), json.boolean("/name"), json.text("/name/x")), (None, None, None));
        assert_eq!((json.items("/items").count(), json.duration("/time")), (0, None));
        assert_eq!(json.texts("/tags").collect::<Vec<_>>(), [("x", "")]);
    }
}
