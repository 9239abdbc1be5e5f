//! What tells the kinds of resources apart.

/// A kind of resource. There are those of this crate and no others.
pub trait Kind: Sealed + Send + Sync + 'static {
    /// What a person calls one of them, such as `compute`.
    const NAME: &'static str;
    /// Its segment of a path, such as `computes`.
    const SEGMENT: &'static str;
    /// The version of the API unless another one is asked for: the newest whose shapes are known here.
    const API_VERSION: &'static str;
    /// The parameter that says how many of them a page of their list has; empty, if there is none.
    const PAGE_SIZE: &'static str = "";
    /// Where its tags are, as a JSON pointer.
    const TAGS: &'static str = "/properties/tags";
    /// Whether its resources lie in a region.
    const IS_TRACKED: bool = false;
}

/// A kind whose resources lie in a region, as Azure Resource Manager's tracked resources do.
pub trait Tracked: Kind {}

/// A kind whose resources Azure takes its time to create and to delete.
pub trait LongRunning: Kind {}

/// A kind of which some members can be changed without saying the others.
pub trait Patched: LongRunning {}

pub trait Sealed {}

/// Declares a kind: what a person calls one, its segment of a path, the version of the API, and the parameter that says how many of
/// them a page of their list has.
macro_rules! kind {
    ($(#[$about:meta])* $visible:vis $kind:ident: $name:literal in $segment:literal at $version:literal $(by $page_size:literal)?) => {
        kind!(@ $(#[$about])* $visible, $kind, $name, $segment, $version, { $(const PAGE_SIZE: &'static str = $page_size;)? });
    };
    ($(#[$about:meta])* $visible:vis tracked $kind:ident: $name:literal in $segment:literal at $version:literal $(by $page_size:literal)?) => {
        kind!(@ $(#[$about])* $visible, $kind, $name, $segment, $version, {
            $(const PAGE_SIZE: &'static str = $page_size;)?
            const TAGS: &'static str = "/tags";
            const IS_TRACKED: bool = true;
        });

        impl $crate::resources::Tracked for $kind {}
    };
    (@ $(#[$about:meta])* $visible:vis, $kind:ident, $name:literal, $segment:literal, $version:literal, { $($more:tt)* }) => {
        $(#[$about])*
        #[derive(Debug)]
        $visible enum $kind {}

        impl $crate::resources::kind::Sealed for $kind {}

        impl $crate::resources::Kind for $kind {
            const NAME: &'static str = $name;
            const SEGMENT: &'static str = $segment;
            const API_VERSION: &'static str = $version;
            $($more)*
        }
    };
}

pub(crate) use kind;
