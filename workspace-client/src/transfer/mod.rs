//! Files and folders to and from Azure Blob Storage.
//!
//! ```no_run
//! use workspace_client::transfer::{Container, Snapshot};
//! # async fn example(sas_uri: auth_core::Secret, auth: std::sync::Arc<dyn auth_core::Authentication>) -> Result<(), auth_core::Error> {
//! let code = Snapshot::of("src").await?;
//! println!("{} files, {}", code.files().len(), code.content_hash().await?);
//!
//! let container = Container::from_sas_uri(&sas_uri)?;
//! let uploaded = container
//!     .upload(&code, "")
//!     .for_asset("my-code", "1")
//!     .on_progress(|progress| eprintln!("{} of {} bytes", progress.bytes, progress.total_bytes))
//!     .await?;
//!
//! let container = Container::new("https://account.blob.core.windows.net/container")?.auth(auth);
//! container.download(&uploaded.path, "copy-of-src").await?;
//! # Ok(()) }
//! ```
//!
//! A [`Snapshot`] is what there is to upload: a folder without what its ignore file leaves out. Its hashes are those of Azure ML, so
//! that code which the Python client or the Azure CLI has uploaded is found again. A [`Container`] is where it goes, with a SAS or
//! an identity. Both ways can be repeated: what is there already is not moved again.

mod access;
mod browse;
mod container;
mod download;
mod hash;
mod ignore_file;
mod lanes;
mod local_file;
mod local_name;
mod partial_file;
mod piece;
mod progress;
mod refusal;
mod service;
mod snapshot;
mod upload;
mod walk;

pub use browse::{Blob, Entry};
pub use container::Container;
pub use download::{Download, Downloaded};
pub use progress::{Observer, Progress};
pub use snapshot::Snapshot;
pub use upload::{Upload, Uploaded};
pub use walk::LocalFile;
