//! What the descriptions of all jobs have in common.

/// Declares the members that jobs of every type have.
macro_rules! any_job {
    ($name:ident) => {
        $crate::resources::described::described!($name);

        impl $name {
            /// The name that people see.
            pub fn display_name(self, name: impl Into<String>) -> Self {
                self.member("displayName", name.into())
            }

            /// The experiment that it belongs to; Azure takes `Default` unless it is told.
            pub fn experiment(self, name: impl Into<String>) -> Self {
                self.member("experimentName", name.into())
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
                self.with(&format!("/properties/{path}"), value)
            }
        }
    };
}

pub(super) use any_job;
