//! What everything that people create can say about itself.

/// Gives a builder its description and its tags; what is tracked has them in another place, and what is not has properties, too.
macro_rules! described {
    ($new:ident) => {
        $crate::resources::described::described!(@ $new, "/properties/tags");

        impl $new {
            /// Adds a property, which can never be changed.
            pub fn property(self, name: &str, value: impl Into<String>) -> Self {
                self.with(&format!("/properties/properties/{}", $crate::resources::escaped(name)), value.into())
            }
        }
    };
    (tracked $new:ident) => {
        $crate::resources::described::described!(@ $new, "/tags");
    };
    (@ $new:ident, $tags:literal) => {
        impl $new {
            /// What it is for.
            pub fn description(self, description: impl Into<String>) -> Self {
                self.with("/properties/description", description.into())
            }

            /// Adds a tag.
            pub fn tag(self, name: &str, value: impl Into<String>) -> Self {
                self.with(&format!("{}/{}", $tags, $crate::resources::escaped(name)), value.into())
            }

            fn with(self, path: &str, value: impl Into<serde_json::Value>) -> Self {
                Self(self.0.with(path, value))
            }
        }
    };
}

pub(crate) use described;
