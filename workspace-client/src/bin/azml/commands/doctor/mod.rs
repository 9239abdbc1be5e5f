//! `azml doctor`: what azml finds here, and what is wrong with it.

mod azure_cli;
mod clock;
mod finding;
mod network;
mod sources;
mod storage;

use auth_core::Error;
use serde_json::json;
use workspace_client::auth::InteractiveLoginAuthentication;
use workspace_client::clouds::{ChosenBy, ChosenCloud, CloudOrigin};

use self::finding::{Finding, Section, Status};
use crate::accounts::Accounts;
use crate::args::DoctorArgs;
use crate::context::{Context, block_on};
use crate::output::{Column, Outcome};

const COLUMNS: [Column; 4] =
    [("Section", "section"), ("Subject", "subject"), ("Status", "status"), ("Detail", "detail")];

/// Reports; nothing is written, nobody is asked to sign in, and without `--online` no host is asked.
pub(crate) fn run(args: &DoctorArgs, context: &Context) -> Result<Outcome, Error> {
    let sections = block_on(async { Ok(examine(args, context).await) })?;
    Ok(report(&sections))
}

/// What protects the tokens, alone.
pub(crate) fn protection(context: &Context) -> Result<Outcome, Error> {
    block_on(async { Ok(report(&[Section::new("protection", storage::protection(context).await)])) })
}

fn report(sections: &[Section]) -> Outcome {
    let findings = || sections.iter().flat_map(|section| section.findings.iter().map(move |it| (section.name, it)));
    let value = findings().map(|(section, finding)| {
        json!({
            "section": section,
            "subject": finding.subject,
            "status": finding.status,
            "detail": finding.detail,
            "next": finding.next,
        })
    });
    let outcome = Outcome::with_columns(value.collect(), &COLUMNS).or_as_text(finding::text(sections));
    let has_problem = findings().any(|(_, finding)| finding.status == Status::Problem);
    if has_problem { outcome.failing() } else { outcome }
}

async fn examine(args: &DoctorArgs, context: &Context) -> Vec<Section> {
    let user = default_user(context);
    let auth = context.auth(user.as_deref());
    // Looked at before a login is opened, which closes files that were open to others.
    let (files, protection) = (storage::files(context), storage::protection(context).await);
    let mut sections = vec![Section::new("azml", vec![version(), cloud(&auth, context)])];
    sections.push(Section::new("sign-in", sources::find(auth.as_ref().ok(), user.as_deref(), context).await));
    sections.push(Section::new("files", files));
    sections.push(Section::new("protection", protection));
    sections.push(Section::new("Azure CLI", azure_cli::state(context)));
    sections.push(Section::new("network", network::settings(context)));
    sections.push(Section::new("clock", clock::compare_with_files(context)));
    if let (true, Ok(auth)) = (args.online, &auth) {
        sections.push(Section::new("online", network::ask(auth, context).await));
    }
    sections
}

/// As whom every other command signs in: the user of the default subscription, if there is one.
fn default_user(context: &Context) -> Option<String> {
    let accounts = Accounts::load(&context.env, &context.cloud().ok()?).ok()?;
    accounts.user(None).map(str::to_owned)
}

fn version() -> Finding {
    let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
    Finding::ok("version", format!("{} on {os} {arch}", env!("CARGO_PKG_VERSION")))
}

/// Which cloud it is, who described it, and who chose it.
fn cloud(auth: &Result<InteractiveLoginAuthentication, Error>, context: &Context) -> Finding {
    let ChosenCloud { cloud, origin, by, .. } = match (auth, context.chosen_cloud()) {
        (Ok(_), Ok(chosen)) => chosen,
        (Err(error), _) => return Finding::from_error("settings", error),
        (_, Err(error)) => return Finding::from_error("settings", &error),
    };
    let origin = match origin {
        CloudOrigin::AzureCli => ", of az cloud register",
        CloudOrigin::Azml => ", of azml cloud register",
        CloudOrigin::BuiltIn => "",
        CloudOrigin::Metadata => ", of ARM_CLOUD_METADATA_URL",
    };
    let by = match by {
        ChosenBy::Argument => "; chosen by --cloud",
        ChosenBy::AzureCli => "; chosen by az cloud set",
        ChosenBy::Azml => "; chosen by azml cloud set",
        ChosenBy::Environment => "; chosen by AZUREML_CURRENT_CLOUD",
        ChosenBy::Default => "",
    };
    let (authority, manager) = (cloud.authority(), cloud.resource_manager());
    let name = cloud.name();
    Finding::ok("cloud", format!("{name}{origin}: signs in at {authority}, resources at {manager}{by}"))
}
