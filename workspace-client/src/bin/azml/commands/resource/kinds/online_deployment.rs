//! Deployments of online endpoints.

use std::collections::BTreeMap;
use std::time::Duration;

use auth_core::Error;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use workspace_client::Workspace;
use workspace_client::resources::duration;
use workspace_client::resources::endpoint::online::{OnlineDeploymentKind, OnlineDeployments};

use super::deployment::{CodeConfiguration, Model, environment, model};
use crate::args::{DeploymentPageArgs, EndpointArgs, NewDeploymentArgs, NoOptions, SkipValidationArgs};
use crate::commands::asset::Environment;
use crate::commands::resource::{Described, Listed, Put, Resolver};
use crate::description::{Description, TextOr, Texts, members, texts};
use crate::entity::{Member, inner, is, milliseconds, seconds, snake_case, written};
use crate::output::Column;

impl Listed for OnlineDeploymentKind {
    type Parent = EndpointArgs;

    const MEMBERS: &'static [Member] = &[
        is("/app_insights_enabled", "/properties/appInsightsEnabled"),
        is("/code_configuration/code", "/properties/codeConfiguration/codeId"),
        is("/code_configuration/scoring_script", "/properties/codeConfiguration/scoringScript"),
        written("/egress_public_network_access", "/properties/egressPublicNetworkAccess", str::to_lowercase),
        is("/environment", "/properties/environmentId"),
        is("/environment_variables", "/properties/environmentVariables"),
        is("/instance_count", "/sku/capacity"),
        is("/instance_type", "/properties/instanceType"),
        inner("/liveness_probe", "/properties/livenessProbe", PROBE),
        is("/location", "/location"),
        is("/model", "/properties/model"),
        is("/model_mount_path", "/properties/modelMountPath"),
        is("/properties", "/properties/properties"),
        is("/provisioning_state", "/properties/provisioningState"),
        inner("/readiness_probe", "/properties/readinessProbe", PROBE),
        inner("/request_settings", "/properties/requestSettings", REQUESTS),
        inner("/scale_settings", "/properties/scaleSettings", SCALE),
        written("/type", "/properties/endpointComputeType", str::to_lowercase),
    ];
    const COLUMNS: &'static [Column] = &[
        ("Name", "name"),
        ("State", "provisioning_state"),
        ("Model", "model"),
        ("InstanceType", "instance_type"),
        ("Instances", "instance_count"),
    ];

    fn of(workspace: &Workspace, endpoint: &EndpointArgs) -> OnlineDeployments {
        workspace.online_endpoints().deployments(endpoint.name())
    }
}

const PROBE: &[Member] = &[
    is("/failure_threshold", "/failureThreshold"),
    seconds("/initial_delay", "/initialDelay"),
    seconds("/period", "/period"),
    is("/success_threshold", "/successThreshold"),
    seconds("/timeout", "/timeout"),
];
const REQUESTS: &[Member] = &[
    is("/max_concurrent_requests_per_instance", "/maxConcurrentRequestsPerInstance"),
    milliseconds("/max_queue_wait_ms", "/maxQueueWait"),
    milliseconds("/request_timeout_ms", "/requestTimeout"),
];
const SCALE: &[Member] = &[
    is("/max_instances", "/maxInstances"),
    is("/min_instances", "/minInstances"),
    seconds("/polling_interval", "/pollingInterval"),
    is("/target_utilization_percentage", "/targetUtilizationPercentage"),
    snake_case("/type", "/scaleType"),
];

/// What a file says of a deployment.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OnlineDeployment {
    #[serde(default)]
    app_insights_enabled: bool,
    code_configuration: Option<CodeConfiguration>,
    data_collector: Option<Map<String, Value>>,
    description: Option<String>,
    egress_public_network_access: Option<String>,
    environment: Option<TextOr<Environment>>,
    #[serde(default)]
    environment_variables: BTreeMap<String, String>,
    instance_count: Option<u64>,
    instance_type: Option<String>,
    liveness_probe: Option<Probe>,
    location: Option<String>,
    model: Option<TextOr<Model>>,
    model_mount_path: Option<String>,
    #[serde(default)]
    properties: Texts,
    readiness_probe: Option<Probe>,
    request_settings: Option<Requests>,
    resources: Option<Resources>,
    scale_settings: Option<Scale>,
    #[serde(default)]
    tags: Texts,
    #[serde(default, rename = "type")]
    kind: ComputeType,
}

/// On what it runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum ComputeType {
    Kubernetes,
    #[default]
    Managed,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Probe {
    failure_threshold: Option<u64>,
    initial_delay: Option<u64>,
    period: Option<u64>,
    success_threshold: Option<u64>,
    timeout: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Requests {
    max_concurrent_requests_per_instance: Option<u64>,
    max_queue_wait_ms: Option<u64>,
    request_timeout_ms: Option<u64>,
}

/// Of a container on Kubernetes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Resources {
    limits: Option<BTreeMap<String, String>>,
    requests: Option<BTreeMap<String, String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Scale {
    max_instances: Option<u64>,
    min_instances: Option<u64>,
    polling_interval: Option<u64>,
    target_utilization_percentage: Option<u64>,
    #[serde(rename = "type")]
    kind: ScaleKind,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ScaleKind {
    Default,
    TargetUtilization,
}

impl Described for OnlineDeploymentKind {
    type CreateOptions = NewDeploymentArgs;
    type ListOptions = NoOptions;
    type ShowOptions = DeploymentPageArgs;
    type UpdateOptions = SkipValidationArgs;

    const READ_ONLY: &'static [&'static str] = &["endpoint_name"];

    async fn describe(said: &Description, resolver: &Resolver) -> Result<Value, Error> {
        let said: OnlineDeployment = said.parse("an online deployment")?;
        let code = match &said.code_configuration {
            Some(code) => Some(code.build(resolver).await?),
            None => None,
        };
        let model = match &said.model {
            Some(said) => Some(model(said, resolver).await?.into()),
            None => None,
        };
        let compute_type = match said.kind {
            ComputeType::Kubernetes => "Kubernetes",
            ComputeType::Managed => "Managed",
        };
        let properties = members([
            ("appInsightsEnabled", Some(said.app_insights_enabled.into())),
            ("codeConfiguration", code),
            ("containerResourceRequirements", said.resources.as_ref().map(Resources::build)),
            ("dataCollector", said.data_collector.as_ref().map(data_collector)),
            ("description", said.description.clone().map(Value::from)),
            ("egressPublicNetworkAccess", said.egress_public_network_access.as_deref().map(capitalised)),
            ("endpointComputeType", Some(compute_type.into())),
            ("environmentId", environment(said.environment.as_ref(), resolver).await?),
            ("environmentVariables", Some(json!(said.environment_variables))),
            ("instanceType", said.instance_type.clone().map(Value::from)),
            ("livenessProbe", said.liveness_probe.as_ref().map(Probe::build)),
            ("model", model),
            ("modelMountPath", said.model_mount_path.clone().map(Value::from)),
            ("properties", Some(texts(&said.properties))),
            ("readinessProbe", said.readiness_probe.as_ref().map(Probe::build)),
            ("requestSettings", said.request_settings.as_ref().map(Requests::build)),
            ("scaleSettings", said.scale_settings.as_ref().map(Scale::build)),
        ]);
        let mut body = json!({"properties": properties, "sku": {"name": "Default"}, "tags": texts(&said.tags)});
        let scales_itself = matches!(&said.scale_settings, Some(Scale { kind: ScaleKind::TargetUtilization, .. }));
        if let Some(count) = said.instance_count.or((!scales_itself).then_some(1)) {
            body["sku"]["capacity"] = count.into();
        }
        if let Some(location) = said.location {
            body["location"] = location.into();
        }
        Ok(body)
    }

    async fn put(deployments: &OnlineDeployments, name: &str, body: &Value) -> Result<Put<Self>, Error> {
        Ok(Put::Begun(Box::new(deployments.create_or_update(name, body).await?)))
    }
}

impl Probe {
    fn build(&self) -> Value {
        let time = |seconds: Option<u64>| seconds.map(|seconds| time(seconds.saturating_mul(1000)));
        members([
            ("failureThreshold", self.failure_threshold.map(Value::from)),
            ("initialDelay", time(self.initial_delay)),
            ("period", time(self.period)),
            ("successThreshold", self.success_threshold.map(Value::from)),
            ("timeout", time(self.timeout)),
        ])
    }
}

impl Requests {
    fn build(&self) -> Value {
        members([
            ("maxConcurrentRequestsPerInstance", self.max_concurrent_requests_per_instance.map(Value::from)),
            ("maxQueueWait", self.max_queue_wait_ms.map(time)),
            ("requestTimeout", self.request_timeout_ms.map(time)),
        ])
    }
}

impl Resources {
    fn build(&self) -> Value {
        members([
            ("containerResourceLimits", self.limits.as_ref().map(|it| json!(it))),
            ("containerResourceRequests", self.requests.as_ref().map(|it| json!(it))),
        ])
    }
}

impl Scale {
    fn build(&self) -> Value {
        let kind = match self.kind {
            ScaleKind::Default => "Default",
            ScaleKind::TargetUtilization => "TargetUtilization",
        };
        members([
            ("maxInstances", self.max_instances.map(Value::from)),
            ("minInstances", self.min_instances.map(Value::from)),
            ("pollingInterval", self.polling_interval.map(|seconds| time(seconds.saturating_mul(1000)))),
            ("scaleType", Some(kind.into())),
            ("targetUtilizationPercentage", self.target_utilization_percentage.map(Value::from)),
        ])
    }
}

/// As the API writes a time; the part of a second is written with three digits.
fn time(milliseconds: u64) -> Value {
    let whole = duration::write(Duration::from_secs(milliseconds / 1000));
    match (milliseconds % 1000, whole.strip_suffix('S')) {
        (0, _) => whole,
        (part, seconds) => {
            let part = format!("{part:03}");
            let part = part.trim_end_matches('0');
            match seconds {
                Some(seconds) => format!("{seconds}.{part}S"),
                None => format!("{whole}{}0.{part}S", if whole.contains('T') { "" } else { "T" }),
            }
        }
    }
    .into()
}

/// What is collected of the requests and answers.
fn data_collector(said: &Map<String, Value>) -> Value {
    let rate = said.get("sampling_rate").cloned();
    let collections = said.get("collections").and_then(Value::as_object).into_iter().flatten();
    let collections = collections.map(|(name, collection)| {
        let is_on = match &collection["enabled"] {
            Value::Bool(is_on) => *is_on,
            other => other.as_str().is_some_and(|text| text.eq_ignore_ascii_case("true")),
        };
        let mode = if is_on { "enabled" } else { "disabled" };
        (name.clone(), members([("dataCollectionMode", Some(mode.into())), ("samplingRate", rate.clone())]))
    });
    members([
        ("collections", Some(Value::Object(collections.collect()))),
        ("rollingRate", said.get("rolling_rate").cloned()),
    ])
}

fn capitalised(text: &str) -> Value {
    match text.to_lowercase().as_str() {
        "disabled" => "Disabled",
        "enabled" => "Enabled",
        _ => text,
    }
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_to_the_millisecond() {
        let written = [5500, 500, 60_000, 60_500, 0].map(time);
        assert_eq!(written, ["PT5.5S", "PT0.5S", "PT1M", "PT1M0.5S", "PT0S"]);
    }
}
