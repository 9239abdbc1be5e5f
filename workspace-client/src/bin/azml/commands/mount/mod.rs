//! `azml datastore mount` and `azml data mount`: blobs as files, through the kernel's FUSE, until that is ended.

mod blocks;
mod file_system;
mod source;
mod tree;

use std::io;
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use auth_core::{Error, ErrorKind};
use fuser::{BackgroundSession, Config, MountOption};
use tokio::process::Command;
use tokio::runtime::Handle;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;
use tokio::time::timeout;
use workspace_client::Workspace;
use workspace_client::resources::asset::Reference;
use workspace_client::resources::datastore::DatastorePath;

use self::file_system::FileSystem;
use self::source::Source;
use super::resource::{is_reference, workspace_of};
use crate::args::{MountArgs, MountMode};
use crate::context::{Context, block_on};
use crate::terminal::{say, warn};

/// How many questions of the kernel are answered at once.
const THREADS: usize = 8;

/// How often the end of a mount is looked for.
const LOOK: Duration = Duration::from_millis(200);

/// How long whoever reads may keep a mount from ending.
const GRACE: Duration = Duration::from_secs(2);

pub(super) fn data(args: MountArgs, context: &Context) -> Result<(), Error> {
    run(args, context, async |ws: &Workspace, path: &str| {
        if !is_reference(path) || path.starts_with("azureml://") {
            return path.parse::<DatastorePath>();
        }
        let asset = ws.data().find(&Reference::parse(path)?).await?;
        let uri = asset.uri().unwrap_or_default();
        uri.parse().map_err(|error: Error| {
            Error::new(ErrorKind::Configuration, format!("the data {path} is not in a datastore, but at {uri}"))
                .with_source(error)
        })
    })
}

pub(super) fn datastore(args: MountArgs, context: &Context) -> Result<(), Error> {
    run(args, context, async |_: &Workspace, path: &str| {
        // A datastore by its name alone is all of it (observed: azure-ai-ml 1.35).
        match path.strip_prefix("azureml:").unwrap_or(path) {
            name if !name.contains('/') && !name.is_empty() => Ok(DatastorePath::new(name, "")),
            _ => path.parse(),
        }
    })
}

fn run(
    args: MountArgs,
    context: &Context,
    find: impl AsyncFnOnce(&Workspace, &str) -> Result<DatastorePath, Error>,
) -> Result<(), Error> {
    if args.mode == MountMode::RwMount {
        return Err(Error::new(ErrorKind::Configuration, "azml mounts for reading alone")
            .with_help("leave --mode out; files are written with azml data create, or by jobs"));
    }
    if args.persistent {
        return Err(Error::new(ErrorKind::Configuration, "azml keeps no mount beyond its own end")
            .with_help("leave --persistent out, and let a service of the machine run the command"));
    }
    let ws = workspace_of(args.workspace, context)?;
    let point = &match args.mount_point {
        Some(point) => point,
        None => context.env.home().ok_or_else(homeless)?.join("mount/data"),
    };
    std::fs::create_dir_all(point).map_err(|error| unusable(point, error))?;
    block_on(async {
        let place = find(&ws, &args.path).await?;
        let shown = place.to_string();
        let source = Source::open(ws, place).await?;
        let system = FileSystem::new(source, Handle::current());
        let session = tokio::task::spawn_blocking({
            let (point, name) = (point.clone(), shown.clone());
            move || mounted(system, &point, name)
        });
        let session = session.await.unwrap_or_else(|error| Err(unusable(point, error.into())))?;
        say(&format!("{shown} is mounted at {}; Ctrl-C ends that, and so does umount", point.display()));
        until_ended(session, point).await
    })
}

fn mounted(system: FileSystem, point: &Path, name: String) -> Result<BackgroundSession, Error> {
    let mut config = Config::default();
    config.mount_options = vec![
        MountOption::RO,
        MountOption::FSName(name),
        MountOption::Subtype("azml".to_owned()),
        MountOption::NoDev,
        MountOption::NoSuid,
    ];
    config.n_threads = Some(THREADS);
    fuser::spawn_mount(system, point, &config).map_err(|error| unusable(point, error))
}

/// Until a person or the system ends it, or somebody takes the mount away.
async fn until_ended(session: BackgroundSession, point: &Path) -> Result<(), Error> {
    let (want_end, wanted) = mpsc::channel();
    let (tell_end, mut ended) = oneshot::channel();
    std::thread::spawn(move || {
        // Whoever waits may have gone with the process.
        let _ = tell_end.send(serve(session, &wanted));
    });
    tokio::select! {
        result = &mut ended => return result.unwrap_or(Ok(())).map_err(|error| ended_badly(point, error)),
        signal = ended_by_signal() => signal.map_err(|error| ended_badly(point, error))?,
    }
    // It may have ended by itself.
    let _ = want_end.send(());
    match timeout(GRACE, ended).await {
        Ok(Ok(Ok(()))) => return Ok(()),
        // Only root is refused for the sake of a reader; others' mounts are detached already.
        Ok(Ok(Err(error))) if error.kind() == io::ErrorKind::ResourceBusy => detach(point).await?,
        Ok(Ok(Err(error))) => return Err(ended_badly(point, error)),
        Ok(Err(_)) | Err(_) => {}
    }
    warn(&format!("{} was in use until its mount ended", point.display()));
    Ok(())
}

/// Waits for the end of a mount, or ends it when that is wanted.
fn serve(session: BackgroundSession, wanted: &mpsc::Receiver<()>) -> io::Result<()> {
    // Looked at now and then, because the kernel tells only the thread that serves it.
    while !session.guard.is_finished() {
        if wanted.recv_timeout(LOOK) != Err(mpsc::RecvTimeoutError::Timeout) {
            return session.umount_and_join();
        }
    }
    session.join()
}

async fn detach(point: &Path) -> Result<(), Error> {
    let umount = Command::new("umount").arg("--lazy").arg(point).kill_on_drop(true).output();
    let output = timeout(GRACE, umount).await.unwrap_or_else(|error| Err(error.into()));
    let output = output.map_err(|error| ended_badly(point, error))?;
    if output.status.success() {
        return Ok(());
    }
    Err(ended_badly(point, io::Error::other(String::from_utf8_lossy(&output.stderr).trim().to_owned())))
}

async fn ended_by_signal() -> io::Result<()> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}

fn homeless() -> Error {
    Error::new(ErrorKind::Configuration, "there is no home directory to mount in")
        .with_help("name a folder with --mount-point")
}

fn unusable(point: &Path, error: io::Error) -> Error {
    let help = match error.kind() {
        io::ErrorKind::AlreadyExists => "that is a file: name an empty folder with --mount-point",
        io::ErrorKind::NotFound => "FUSE is missing: install it, such as Debian's fuse3",
        _ => "name an empty folder of your own with --mount-point, and look whether /dev/fuse can be opened",
    };
    Error::new(ErrorKind::Store, format!("nothing can be mounted at {}", point.display()))
        .with_help(help)
        .with_source(error)
}

fn ended_badly(point: &Path, error: io::Error) -> Error {
    Error::new(ErrorKind::Store, format!("the mount at {} ended badly", point.display()))
        .with_help(format!("run umount {}", point.display()))
        .with_source(error)
}
