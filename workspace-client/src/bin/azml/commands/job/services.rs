//! `azml job show-services`.

use serde_json::{Map, Value, json};
use workspace_client::resources::job::JobService;

use crate::output::Outcome;

/// The services by their names; nothing where there are none, as with `az ml`.
pub(super) fn shown(services: &[JobService]) -> Option<Outcome> {
    let one = |service: &JobService| {
        let told = json!({
            "endpoint": service.endpoint(),
            "error": service.error(),
            "port": service.port(),
            "properties": service.raw()["properties"],
            "status": service.status(),
            "type": service.service_type(),
        });
        (service.name().to_owned(), told)
    };
    let services: Map<_, _> = services.iter().map(one).collect();
    (!services.is_empty()).then(|| Outcome::new(Value::Object(services)))
}
