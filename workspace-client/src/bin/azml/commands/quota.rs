//! `azml quota`.

use auth_core::{Error, ErrorKind};
use workspace_client::resources::compute::{NewQuota, Quota, QuotaOutcome, QuotaStatus};

use super::compute::locate;
use super::resource::all;
use crate::args::{QuotaCommand, UpdateQuotaArgs};
use crate::context::{Context, block_on};
use crate::entity::{self, Member, is};
use crate::output::{Column, Outcome};

const MEMBERS: &[Member] = &[
    is("/aml_workspace_location", "/amlWorkspaceLocation"),
    is("/id", "/id"),
    is("/limit", "/limit"),
    is("/name", "/name/value"),
    is("/type", "/type"),
    is("/unit", "/unit"),
];
const COLUMNS: [Column; 4] = [("Name", "name"), ("Limit", "limit"), ("Unit", "unit"), ("Id", "id")];

pub(crate) fn run(command: QuotaCommand, context: &Context) -> Result<Option<Outcome>, Error> {
    match command {
        QuotaCommand::List(region) => {
            let (ws, location) = locate(region, context)?;
            let quotas = all(ws.computes().quotas(&location), |quota: &Quota| entity::of(quota.raw(), MEMBERS))?;
            Ok(Some(Outcome::with_columns(quotas, &COLUMNS)))
        }
        QuotaCommand::Update(args) => update(args, context),
    }
}

/// One quota that does not fit is no error of the API's, but it is what was asked for here.
fn update(args: UpdateQuotaArgs, context: &Context) -> Result<Option<Outcome>, Error> {
    let (ws, location) = locate(args.region, context)?;
    let outcomes = block_on(ws.computes().update_quotas(&location, &[NewQuota::new(&args.id, args.limit)]))?;
    if let Some(failed) = outcomes.iter().find(|outcome| outcome.status() != Some(QuotaStatus::Success)) {
        let status = failed.status().map_or_else(|| "unknown".to_owned(), |status| status.to_string());
        let message = format!("the quota {} was not changed: {status}", args.id);
        return Err(Error::new(ErrorKind::Rejected, message)
            .with_help("azml quota list prints the ids, and azml compute list-usage what is in use"));
    }
    let shown: Vec<_> = outcomes.iter().map(|outcome: &QuotaOutcome| entity::of(outcome.raw(), MEMBERS)).collect();
    Ok(Some(Outcome::with_columns(shown.into(), &COLUMNS)))
}
