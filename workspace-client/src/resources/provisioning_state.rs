//! How far Azure has come with a resource.

use super::open_enum::open_enum;

open_enum! {
    /// How far the creation of a resource, or its last change, has come.
    ProvisioningState {
        Canceled = "Canceled",
        Creating = "Creating",
        Deleting = "Deleting",
        Failed = "Failed",
        Succeeded = "Succeeded",
        Updating = "Updating",
    }
}
