//! `azml workspace outbound-rule`.

use auth_core::Error;
use serde_json::Value;
use workspace_client::resources::Kind as _;
use workspace_client::resources::network::{NewOutboundRule, OutboundRule, OutboundRuleKind};

use crate::args::{OutboundRuleCommand, RuleArgs, RuleKind, SetRuleArgs};
use crate::commands::resource::{Operation, finish, some, workspace_of};
use crate::context::{Context, block_on};
use crate::entity::{self, Member, is, snake_case, written};
use crate::output::{Column, Outcome};
use crate::terminal::confirm;

const MEMBERS: &[Member] = &[
    snake_case("/category", "/properties/category"),
    is("/destination", "/properties/destination"),
    is("/name", "/name"),
    written("/status", "/properties/status", str::to_owned),
    snake_case("/type", "/properties/type"),
];
const COLUMNS: [Column; 5] = [
    ("Name", "name"),
    ("Type", "type"),
    ("Category", "category"),
    ("Status", "status"),
    ("Destination", "destination"),
];

pub(super) fn run(command: OutboundRuleCommand, context: &Context) -> Result<Option<Outcome>, Error> {
    match command {
        OutboundRuleCommand::List { limit, workspace } => {
            let rules = workspace_of(workspace, context)?.outbound_rules();
            Ok(Some(Outcome::with_columns(some(rules.list(), limit, |_| true, shown)?, &COLUMNS)))
        }
        OutboundRuleCommand::Show(RuleArgs { rule, workspace }) => {
            let rules = workspace_of(workspace, context)?.outbound_rules();
            Ok(Some(one(&block_on(rules.get(&rule))?)))
        }
        OutboundRuleCommand::Set(args) => set(*args, context),
        OutboundRuleCommand::Remove { rule: RuleArgs { rule, workspace }, no_wait, yes } => {
            confirm(&format!("remove the rule {rule}"), yes)?;
            let ws = workspace_of(workspace, context)?;
            let operation =
                Operation::on_workspace(&format!("removing the {} {rule} from", OutboundRuleKind::NAME), &ws);
            block_on(async { finish(ws.outbound_rules().delete(&rule).await?, no_wait, &operation).await })?;
            Ok(None)
        }
    }
}

fn set(args: SetRuleArgs, context: &Context) -> Result<Option<Outcome>, Error> {
    let RuleArgs { rule, workspace } = args.rule;
    let said = Option::unwrap_or_default;
    let new = match args.kind {
        RuleKind::Fqdn => NewOutboundRule::fqdn(said(args.destination)),
        RuleKind::PrivateEndpoint => NewOutboundRule::private_endpoint(
            said(args.service_resource_id),
            said(args.subresource_target),
            args.spark_enabled,
        )
        .fqdns(args.fqdns),
        RuleKind::ServiceTag => NewOutboundRule::service_tag(said(args.service_tag), args.protocol, args.port_ranges)
            .address_prefixes(args.address_prefixes),
    };
    let ws = workspace_of(workspace, context)?;
    let operation = Operation::on_workspace(&format!("setting the {} {rule} of", OutboundRuleKind::NAME), &ws);
    let set = block_on(async {
        finish(ws.outbound_rules().create_or_update(&rule, &new).await?, args.no_wait, &operation).await
    })?;
    Ok(set.map(|rule| one(&rule)))
}

fn one(rule: &OutboundRule) -> Outcome {
    Outcome::with_columns(shown(rule), &COLUMNS)
}

fn shown(rule: &OutboundRule) -> Value {
    entity::of(rule.raw(), MEMBERS)
}
