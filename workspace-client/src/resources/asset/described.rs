//! What everything that people create can say about itself.

/// Gives a builder its description, its tags and its properties.
macro_rules! described {
    ($new:ident) => {
        impl $new {
            /// What it is for.
            #[must_use]
            pub fn description(self, description: impl Into<String>) -> Self {
                Self(self.0.with("/properties/description", description.into()))
            }

            /// Adds a tag.
            #[must_use]
            pub fn tag(self, name: &str, value: impl Into<String>) -> Self {
                let path = format!("/properties/tags/{}", $crate::resources::json::escaped(name));
                Self(self.0.with(&path, value.into()))
            }

            /// Adds a property, which can never be changed.
            #[must_use]
            pub fn property(self, name: &str, value: impl Into<String>) -> Self {
                let path = format!("/properties/properties/{}", $crate::resources::json::escaped(name));
                Self(self.0.with(&path, value.into()))
            }
        }
    };
}

pub(crate) use described;
