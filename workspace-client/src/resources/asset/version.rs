//! Which version is meant.

/// Which version of an asset is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Version {
    /// The one that has this label, such as `default` of a component.
    Label(String),
    /// The newest.
    Latest,
    /// This one.
    Named(String),
}

impl From<&str> for Version {
    fn from(version: &str) -> Self {
        Self::Named(version.to_owned())
    }
}

impl From<String> for Version {
    fn from(version: String) -> Self {
        Self::Named(version)
    }
}

/// Which assets a list shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ListView {
    /// Those that are not archived.
    #[default]
    Active,
    /// All of them.
    All,
    /// Those that are archived.
    Archived,
}

impl ListView {
    /// The value as Azure takes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "ActiveOnly",
            Self::All => "All",
            Self::Archived => "ArchivedOnly",
        }
    }
}
