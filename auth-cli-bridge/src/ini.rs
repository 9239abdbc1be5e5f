//! INI files as Python's `ConfigParser` reads them.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};

use auth_core::Error;
use configparser::ini;

use crate::file::unusable;

/// Its options count for every section.
const DEFAULT: &str = "DEFAULT";
/// Where options land that stand before any section; no header can say it.
const NO_SECTION: &str = "\0";
/// Observed: Python 3.11.
const DEEPEST_REFERENCE: usize = 10;
/// Far more than any name or address needs, and little enough to be shown in an error.
const LONGEST_VALUE: usize = 4 << 10;

/// An INI file. Sections are told apart by case, options are not.
///
/// `%%` stands for `%`, and `%(name)s` for another option of the section (observed: az 2.91, whose `ConfigParser` interpolates).
/// Unlike Python, repeated sections are merged and the last of repeated options counts.
pub(crate) struct Ini {
    path: PathBuf,
    help: &'static str,
    sections: HashMap<String, HashMap<String, String>>,
}

impl Ini {
    pub(crate) fn parse(text: &str, path: &Path, help: &'static str) -> Result<Self, Error> {
        let refuse = |why: &str| unusable(path, &format!("is not an INI file: {why}"), help);
        let mut dialect = ini::Ini::new_cs().defaults();
        NO_SECTION.clone_into(&mut dialect.default_section);
        dialect.delimiters = vec!['=', ':'];
        dialect.multiline = true;
        dialect.enable_inline_comments = false;
        let parsed = ini::Ini::new_from_defaults(dialect).read(text.to_owned()).map_err(|error| refuse(&error))?;
        let mut sections = HashMap::new();
        for (name, options) in parsed {
            if name == NO_SECTION && !options.is_empty() {
                return Err(refuse("there is an option before the first section"));
            }
            let mut known = HashMap::new();
            for (option, value) in options {
                let Some(value) = value else {
                    return Err(refuse(&format!("a line of section [{name}] has neither `=` nor `:`")));
                };
                known.insert(option.to_lowercase(), value);
            }
            sections.insert(name, known);
        }
        Ok(Self { path: path.to_owned(), help, sections })
    }

    /// The value of an option, or of the same one in `[DEFAULT]`, with its references resolved.
    pub(crate) fn get(&self, section: &str, option: &str) -> Result<Option<String>, Error> {
        let option = option.to_lowercase();
        let Some(value) = self.raw(section, &option) else { return Ok(None) };
        self.expand(section, value, 1).map(Some).map_err(|why| {
            unusable(
                &self.path,
                &format!("has an unusable value of `{option}` in section [{section}]: {why}"),
                self.help,
            )
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The names of the sections, in alphabetical order.
    pub(crate) fn sections(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.sections.keys().map(String::as_str).filter(|name| *name != DEFAULT).collect();
        names.sort_unstable();
        names
    }

    fn raw(&self, section: &str, option: &str) -> Option<&str> {
        let own = self.sections.get(section)?;
        own.get(option).or_else(|| self.sections.get(DEFAULT)?.get(option)).map(String::as_str)
    }

    fn expand(&self, section: &str, value: &str, depth: usize) -> Result<String, String> {
        if depth > DEEPEST_REFERENCE {
            return Err("its references go too deep".into());
        }
        let mut expanded = String::new();
        let mut rest = value;
        while let Some((before, after)) = rest.split_once('%') {
            expanded.push_str(before);
            if let Some(after) = after.strip_prefix('%') {
                expanded.push('%');
                rest = after;
            } else if let Some((name, after)) = after.strip_prefix('(').and_then(|after| after.split_once(")s")) {
                let referred =
                    self.raw(section, &name.to_lowercase()).ok_or("it refers to an option that is missing")?;
                expanded.push_str(&self.expand(section, referred, depth + 1)?);
                rest = after;
            } else {
                return Err("a `%` must be doubled".into());
            }
            if expanded.len() > LONGEST_VALUE {
                break;
            }
        }
        expanded.push_str(rest);
        if expanded.len() > LONGEST_VALUE { Err("it is too long".into()) } else { Ok(expanded) }
    }
}

impl fmt::Debug for Ini {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Values may be secrets: the CLI lets people keep storage keys here.
        f.debug_struct("Ini").field("path", &self.path).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ini(text: &str) -> Result<Ini, Error> {
        Ini::parse(text, Path::new("config"), "help")
    }

    fn value(text: &str) -> Result<Option<String>, String> {
        ini(text).and_then(|ini| ini.get("s", "Key")).map_err(|error| error.to_string())
    }

    #[test]
    fn values_are_what_python_makes_of_them() {
        for (text, expected) in [
            ("[s]\nkey = v", "v"),
            ("[s]\nKEY: v ; kept # kept", "v ; kept # kept"),
            ("[s]\n; comment\n# comment\nkey=a=b:c", "a=b:c"),
            ("[s]\nkey = one\n  two", "one\ntwo"),
            ("[DEFAULT]\nkey = d\n[s]\nother = x", "d"),
            ("[DEFAULT]\nkey = d\n[s]\nkey = own", "own"),
            ("[s]\nkey = 100%% of %(OTHER)s\nother = %(last)s\nlast = x", "100% of x"),
            ("[s]\r\nkey = v\r\n", "v"),
            ("[s]\nkey =", ""),
            ("[s]\nkey = \"quoted\"", "\"quoted\""),
        ] {
            assert_eq!(value(text), Ok(Some(expected.into())), "{text:?}");
        }
    }

    #[test]
    fn sections_are_told_apart_by_case_and_a_missing_one_has_no_defaults() {
        assert_eq!(value("[S]\nkey = v"), Ok(None));
        assert_eq!(value("[DEFAULT]\nkey = v"), Ok(None));
        assert_eq!(value(""), Ok(None));
    }

    #[test]
    fn what_python_refuses_is_refused_with_the_place() {
        let errors =
            ["key = v", "[s]\nword", "[s\nkey = v", "[s]\nkey = 50%", "[s]\nkey = %(none)s", "[s]\nkey = %(key)s"];
        insta::assert_snapshot!(errors.map(|text| value(text).unwrap_err()).join("\n"), @r"
        config is not an INI file: there is an option before the first section
        config is not an INI file: a line of section [s] has neither `=` nor `:`
        config is not an INI file: line 1: Found opening bracket for section name but no closing bracket
        config has an unusable value of `key` in section [s]: a `%` must be doubled
        config has an unusable value of `key` in section [s]: it refers to an option that is missing
        config has an unusable value of `key` in section [s]: its references go too deep
        ");
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(\\[[sD]{0,3}\\]?\n?|key ?[=:]?|%[%(]?|\\)s|[ \n\r\t;#=:]|\\PC){0,60}") {
            let _ = value(&text);
        }
    }
}
