//! `azml logout`.

use auth_core::{Authentication as _, Error};
use workspace_client::Profile;

use crate::context::{Context, block_on};
use crate::terminal::say;

pub(crate) fn run(context: &Context) -> Result<(), Error> {
    let auth = context.auth()?;
    let cloud = auth.cloud();
    let was_there = block_on(auth.sign_out())?;
    let mut profile = Profile::load(&context.env).unwrap_or_default();
    if !profile.subscriptions().is_empty() {
        profile.forget(cloud);
        profile.save(&context.env)?;
    }
    say(&if was_there {
        format!("signed out of {}", cloud.name())
    } else {
        format!("azml had no login of its own for {}; that of the Azure CLI ends with az logout", cloud.name())
    });
    Ok(())
}
