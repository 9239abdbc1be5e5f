//! Where logins are kept.

pub use crate::dirs::config_dir;
