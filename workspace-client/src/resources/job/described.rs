//! What the descriptions of all jobs have in common.

/// Declares the members that jobs of every type have.
macro_rules! described {
    ($name:ident) => {
        impl $name {
            /// The name that people see.
            pub fn display_name(self, name: impl Into<String>) -> Self {
                self.member("displayName", name.into())
            }

            /// The experiment that it belongs to; Azure takes `Default` unless it is told.
            pub fn experiment(self, name: impl Into<String>) -> Self {
                self.member("experimentName", name.into())
            }

            /// What it is for.
            pub fn description(self, description: impl Into<String>) -> Self {
                self.member("description", description.into())
            }

            /// Adds a tag.
            pub fn tag(self, name: &str, value: impl Into<String>) -> Self {
                self.member(&format!("tags/{}", $crate::resources::escaped(name)), value.into())
            }

            /// Adds a property, which cannot be changed later.
            pub fn property(self, name: &str, value: impl Into<String>) -> Self {
                self.member(&format!("properties/{}", $crate::resources::escaped(name)), value.into())
            }

            /// On the compute of this resource id; without one Azure finds machines itself.
            pub fn compute(self, id: impl Into<String>) -> Self {
                self.member("computeId", id.into())
            }

            /// Who it is while it runs.
            pub fn identity(self, identity: &super::JobIdentity) -> Self {
                self.member("identity", identity.described())
            }

            /// What it reads.
            pub fn input(self, name: &str, input: super::JobInput) -> Self {
                self.member(&format!("inputs/{}", $crate::resources::escaped(name)), input.into_json())
            }

            /// What it writes.
            pub fn output(self, name: &str, output: super::JobOutput) -> Self {
                self.member(&format!("outputs/{}", $crate::resources::escaped(name)), output.into_json())
            }

            fn member(self, path: &str, value: impl Into<serde_json::Value>) -> Self {
                Self(self.0.with(&format!("/properties/{path}"), value))
            }
        }
    };
}

pub(super) use described;
