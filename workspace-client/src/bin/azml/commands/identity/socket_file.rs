//! A Unix socket that only this user can reach, and that leaves no file behind.

use std::io;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use auth_core::{Error, ErrorKind};
use tokio::net::{UnixListener, UnixSocket, UnixStream};
use tokio::time::timeout;

use super::listener::{Peer, Stream};

const BACKLOG: u32 = 64;
/// How long a socket that is there may take to show that somebody listens.
const PATIENCE: Duration = Duration::from_secs(1);

/// A socket of mode 0600; dropping it removes the file.
#[derive(Debug)]
pub(super) struct SocketFile {
    listener: UnixListener,
    path: PathBuf,
    /// The device and the number of the file, by which it is known again.
    id: Option<(u64, u64)>,
}

impl SocketFile {
    pub(super) async fn bind(path: &Path) -> Result<Self, Error> {
        let refuse = |error| {
            let message = format!("the socket {} cannot be made", path.display());
            Error::new(ErrorKind::Configuration, message).with_source(error)
        };
        make_room(path).await?;
        let socket = UnixSocket::new_stream().map_err(refuse)?;
        socket.bind(path).map_err(refuse)?;
        // Nobody can connect before `listen`, so nobody slips in before the mode is set.
        let listener = std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))
            .and_then(|()| socket.listen(BACKLOG))
            .inspect_err(|_| remove(path))
            .map_err(refuse)?;
        Ok(Self { listener, path: path.to_owned(), id: id(path) })
    }

    pub(super) async fn accept(&self) -> io::Result<(Box<dyn Stream>, Peer)> {
        let (stream, _) = self.listener.accept().await?;
        let process = stream.peer_cred().ok().and_then(|credentials| credentials.pid());
        Ok((Box::new(stream), Peer::Process(process)))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        // What somebody else put there in the meantime stays.
        if self.id.is_some() && id(&self.path) == self.id {
            remove(&self.path);
        }
    }
}

fn id(path: &Path) -> Option<(u64, u64)> {
    std::fs::symlink_metadata(path).ok().map(|metadata| (metadata.dev(), metadata.ino()))
}

fn remove(path: &Path) {
    // Somebody may have removed it already.
    let _ = std::fs::remove_file(path);
}

/// Removes a socket on which nobody listens any more. Whatever else is there stays.
async fn make_room(path: &Path) -> Result<(), Error> {
    let Ok(there) = std::fs::symlink_metadata(path) else { return Ok(()) };
    if there.file_type().is_socket() {
        match timeout(PATIENCE, UnixStream::connect(path)).await {
            Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => {
                remove(path);
                return Ok(());
            }
            _in_use => {}
        }
    }
    Err(Error::new(ErrorKind::Configuration, format!("{} is there already", path.display()))
        .with_help("name another path, or remove it"))
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    fn refusal(result: Result<SocketFile, Error>) -> String {
        result.unwrap_err().to_string()
    }

    #[tokio::test]
    async fn only_this_user_reaches_the_socket_and_its_file_goes_with_it() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("azml.sock");
        let socket = SocketFile::bind(&path).await.unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(refusal(SocketFile::bind(&path).await).ends_with("is there already"), "somebody listens");
        drop(socket);
        assert!(!path.exists());
        let socket = SocketFile::bind(&path).await.unwrap();
        std::fs::remove_file(&path).unwrap();
        std::fs::File::create(&path).unwrap();
        drop(socket);
        assert!(path.exists(), "that is somebody else's");
    }

    #[tokio::test]
    async fn what_a_killed_process_left_is_replaced_and_nothing_else() {
        let folder = TempDir::new().unwrap();
        let (stale, file, link) = (folder.path().join("stale"), folder.path().join("file"), folder.path().join("link"));
        drop(std::os::unix::net::UnixListener::bind(&stale).unwrap());
        std::fs::File::create(&file).unwrap();
        std::os::unix::fs::symlink(&stale, &link).unwrap();
        for there in [&file, &link] {
            assert!(refusal(SocketFile::bind(there).await).ends_with("is there already"));
            assert!(there.symlink_metadata().is_ok());
        }
        SocketFile::bind(&stale).await.unwrap();
        assert!(refusal(SocketFile::bind(&folder.path().join("no/folder")).await).ends_with("cannot be made"));
    }
}
