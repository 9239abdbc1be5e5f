//! Values that Azure may add to.

/// Declares an enum of the values that are known. Any other one is kept as Azure wrote it; case is no difference.
macro_rules! open_enum {
    ($(#[$about:meta])* $name:ident { $($variant:ident = $text:literal,)+ }) => {
        $(#[$about])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum $name {
            $(#[doc = concat!("`", $text, "`")] $variant,)+
            /// A value that is not known here, as Azure wrote it.
            Other(String),
        }

        impl $name {
            /// The value as Azure writes it.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)+
                    Self::Other(text) => text,
                }
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                match text {
                    $(_ if text.eq_ignore_ascii_case($text) => Self::$variant,)+
                    _ => Self::Other(text.to_owned()),
                }
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

pub(crate) use open_enum;

#[cfg(test)]
mod tests {
    use crate::resources::compute::NodeState;

    #[test]
    fn what_is_not_known_is_kept() {
        let read = |text: &str| (NodeState::from(text), NodeState::from(text).to_string());
        assert_eq!(read("Idle"), (NodeState::Idle, "idle".to_owned()));
        assert_eq!(read("Sleepwalking"), (NodeState::Other("Sleepwalking".to_owned()), "Sleepwalking".to_owned()));
    }
}
