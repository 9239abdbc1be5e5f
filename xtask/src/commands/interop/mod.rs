//! `cargo xtask interop`: Microsoft's own clients sign in at the emulator, unchanged; their logins serve azml, and azml's
//! serve them.

mod az;
mod clouds;
mod scene;
mod sdk;
mod sealed;
mod stress;
mod table;
mod write_back;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use self::scene::Scene;
use self::table::Table;
use super::identity_server::{JAVASCRIPT, node};
use super::{demo, packages, peers};

const AZURE_CLI: &str = "azure-cli==2.91.0";
const ML_CLIENT: &[&str] = &["azure-ai-ml==1.35.2", "azure-identity==1.27.0"];

/// What the clients are called in the table.
const AZ: &str = "azure-cli 2.91.0";
const AZML: &str = "azml";
const AZUREML_CORE: &str = "azureml-core 1.61.0";
const AZURE_IDENTITY: &str = "azure-identity 1.27.0";
const AZURE_IDENTITY_JS: &str = "@azure/identity 4.13.1";
const AZURE_AI_ML: &str = "azure-ai-ml 1.35.2";

type Story = fn(&Scene<'_>) -> Result<(), String>;

/// Each begins in a home of its own; its later rows need the earlier ones.
const STORIES: &[(&str, Story)] = &[
    ("a person with two tenants, and a second account", az::person),
    ("device code", az::device_code),
    ("service principal with a secret", az::secret),
    ("service principal with a certificate", az::certificate),
    ("two clouds", clouds::two),
    ("a cloud of one's own", clouds::registered),
    ("encrypted tokens", sealed::run),
    ("a login of azml for az", write_back::person),
    ("an application of azml for az", write_back::application),
    ("the Python SDK v1", sdk::azureml_core),
    ("the Azure SDK", sdk::azure_identity),
];

/// Lets Microsoft's own clients sign in at the emulator, answers from their logins, and lets them go on with azml's.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Interop {
    /// Instead of that, lets four az work on one folder of the Azure CLI for so many seconds, and then four az and eight azml.
    #[arg(long, value_name = "SECONDS")]
    stress: Option<u64>,
}

impl Interop {
    pub(super) fn run(&self) -> Result<(), String> {
        let Some(seconds) = self.stress else { return stories() };
        let clients = Clients::install()?;
        stress::story(&Scene::new("stress", &clients)?, Duration::from_secs(seconds))
    }
}

/// Tells every story, and then what came of each.
fn stories() -> Result<(), String> {
    let started = Instant::now();
    let clients = Clients::install()?;
    let mut table = Table::default();
    for (title, story) in STORIES {
        println!("   {title}");
        let scene = Scene::new(title, &clients)?;
        let outcome = story(&scene);
        table.add(scene.into_rows());
        if let Err(problem) = outcome {
            println!("{problem}");
        }
    }
    println!("{table}in {:.0?}", started.elapsed());
    table.outcome()
}

/// The programs.
struct Clients {
    azure_cli: PathBuf,
    azure_identity_js: PathBuf,
    azureml_core: PathBuf,
    ml_client: PathBuf,
    node: PathBuf,
    azml: PathBuf,
}

impl Clients {
    fn install() -> Result<Self, String> {
        let azure_cli = packages::python("azure-cli", &[AZURE_CLI])?;
        Ok(Self {
            azure_cli: azure_cli.parent().unwrap_or(Path::new("")).join(if cfg!(windows) { "az.cmd" } else { "az" }),
            azure_identity_js: packages::npm("identity-server-npm", &[JAVASCRIPT])?.join("node_modules"),
            azureml_core: peers::python()?,
            ml_client: packages::python("ml-client", ML_CLIENT)?,
            node: node()?,
            azml: demo::build()?,
        })
    }
}
