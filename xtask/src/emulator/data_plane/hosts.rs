//! Where the data plane is, as seen by whoever asks.

use serde_json::Value;

use super::super::tls::is_azure_host;

/// The domains of the regions' hosts, by the top-level domain of a cloud's Resource Manager.
const REGIONAL: &[(&str, &str)] =
    &[(".cn", "api.ml.azure.cn"), (".net", "api.ml.azure.us"), (".com", "api.azureml.ms"), (".ms", "api.azureml.ms")];

/// The base URL of a region: under Azure's public name for those who came by one, else on the emulator's own address.
pub(super) fn api(origin: &str, location: &str) -> String {
    match regional(origin) {
        Some(domain) => format!("https://{location}.{domain}"),
        None => origin.to_owned(),
    }
}

/// The base URL of the storage account: a host of its own, or the first segment of a path, as Azurite has it.
pub(super) fn blobs(origin: &str, account: &str) -> String {
    match regional(origin) {
        Some(_) => format!("https://{account}.blob.core.windows.net"),
        None => format!("{origin}/{account}"),
    }
}

/// The links of a workspace, or of a list of them, lead back to where it was asked for.
pub(in super::super) fn told_here(told: &mut Value, origin: &str) {
    if let Some(items) = told.get_mut("value").and_then(Value::as_array_mut) {
        for item in items {
            told_here(item, origin);
        }
        return;
    }
    let location = told["location"].as_str().unwrap_or_default().to_owned();
    let api = api(origin, &location);
    for member in ["discoveryUrl", "mlFlowTrackingUri", "mlFlowRegistryUri"] {
        let Some(link) = told.pointer_mut(&format!("/properties/{member}")) else { continue };
        let path = link.as_str().and_then(|text| text.splitn(4, '/').nth(3)).unwrap_or_default();
        let base =
            if link.as_str().is_some_and(|text| text.starts_with("azureml:")) { tracking(&api) } else { api.clone() };
        *link = format!("{base}/{path}").into();
    }
}

/// MLflow's plugin turns this scheme into https, so that an address without TLS keeps its own.
fn tracking(api: &str) -> String {
    api.strip_prefix("https:").map_or_else(|| api.to_owned(), |rest| format!("azureml:{rest}"))
}

fn regional(origin: &str) -> Option<&'static str> {
    let host = origin.strip_prefix("https://")?.split('/').next()?;
    REGIONAL.iter().find(|(top, _)| is_azure_host(host) && host.ends_with(top)).map(|(_, domain)| *domain)
}
