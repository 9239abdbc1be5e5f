//! What Azure tells about that is no resource.

/// Declares a newtype of JSON that is kept whole. Its `Debug` shows what one accessor says, and nothing else.
macro_rules! item {
    ($(#[$about:meta])* $name:ident shows $shown:ident) => {
        $(#[$about])*
        #[derive(Clone, PartialEq, serde::Deserialize, serde::Serialize)]
        #[serde(transparent)]
        pub struct $name($crate::resources::json::Json);

        impl $name {
            /// Everything that Azure said.
            pub fn raw(&self) -> &serde_json::Value {
                &self.0.0
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name)).field(stringify!($shown), &self.$shown()).finish_non_exhaustive()
            }
        }
    };
}

pub(super) use item;
