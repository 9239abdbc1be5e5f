//! What tells the kinds of resources apart.

/// A kind of resource. There are those of this crate and no others.
pub trait Kind: Sealed + Send + Sync + 'static {
    /// What a person calls one of them, such as `compute`.
    const NAME: &'static str;
    /// Its segment of a path, such as `computes`.
    const SEGMENT: &'static str;
    /// The version of the API unless another one is asked for: the newest whose shapes are known here.
    const API_VERSION: &'static str;
    /// Where its tags are, as a JSON pointer.
    const TAGS: &'static str = "/properties/tags";
}

/// A kind whose resources lie in a region, as Azure Resource Manager's tracked resources do.
pub trait Tracked: Kind {}

pub trait Sealed {}

/// Declares a kind: what a person calls one, its segment of a path, and the version of the API.
macro_rules! kind {
    ($(#[$about:meta])* $visible:vis $kind:ident: $name:literal in $segment:literal at $version:literal) => {
        kind!(@ $(#[$about])* $visible, $kind, $name, $segment, $version, {});
    };
    ($(#[$about:meta])* $visible:vis tracked $kind:ident: $name:literal in $segment:literal at $version:literal) => {
        kind!(@ $(#[$about])* $visible, $kind, $name, $segment, $version, { const TAGS: &'static str = "/tags"; });

        impl $crate::resources::Tracked for $kind {}
    };
    (@ $(#[$about:meta])* $visible:vis, $kind:ident, $name:literal, $segment:literal, $version:literal, { $($tags:tt)* }) => {
        $(#[$about])*
        #[derive(Debug)]
        $visible enum $kind {}

        impl $crate::resources::kind::Sealed for $kind {}

        impl $crate::resources::Kind for $kind {
            const NAME: &'static str = $name;
            const SEGMENT: &'static str = $segment;
            const API_VERSION: &'static str = $version;
            $($tags)*
        }
    };
}

pub(crate) use kind;
