//! The person or application that signed in.

use crate::Tenant;

/// The person or application that signed in, as far as the sign-in told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Entra's stable id of the account, `<object id>.<home tenant id>`, the same in every tenant.
    pub home_account_id: Option<String>,
    /// The user principal name; may be reassigned, so it is for display and for `login_hint` only.
    pub username: Option<String>,
    /// The tenant in which the sign-in took place.
    pub tenant: Option<Tenant>,
}
