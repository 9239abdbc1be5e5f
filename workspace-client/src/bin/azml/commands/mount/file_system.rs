//! What the kernel asks.

use std::ffi::OsStr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use auth_core::{Clock, Error};
use fuser::{
    Errno, FileAttr, FileHandle, FileType, Filesystem, Generation, INodeNo, LockOwner, OpenFlags, ReplyAttr, ReplyData,
    ReplyDirectory, ReplyEntry, ReplyOpen, Request,
};
use tokio::runtime::Handle;

use super::blocks::Blocks;
use super::source::Source;
use super::tree::{FRESH, Names, Node, ROOT, Tree};
use crate::terminal::warn;

/// Files for reading. Each question waits for Azure on a thread of its own; the runtime's own thread moves the bytes.
pub(super) struct FileSystem {
    source: Source,
    runtime: Handle,
    tree: Mutex<Tree>,
    blocks: Blocks,
    began: SystemTime,
    owner: (u32, u32),
}

impl FileSystem {
    pub(super) fn new(source: Source, runtime: Handle) -> Self {
        let owner = (rustix::process::getuid().as_raw(), rustix::process::getgid().as_raw());
        let tree = Mutex::new(Tree::new());
        Self { source, runtime, tree, blocks: Blocks::default(), began: Clock::system().now(), owner }
    }

    fn tree(&self) -> MutexGuard<'_, Tree> {
        self.tree.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The names in a folder with their numbers.
    fn names(&self, folder: u64) -> Result<Names, Errno> {
        let path = match self.tree().node(folder) {
            Some(Node::Folder { path, .. }) => path.clone(),
            Some(Node::File(_)) => return Err(Errno::ENOTDIR),
            None => return Err(Errno::ENOENT),
        };
        if let Some(names) = self.tree().fresh(folder) {
            return Ok(names);
        }
        let shown = if path.is_empty() { "the mounted folder" } else { &path };
        let entries = self.runtime.block_on(self.source.folder(&path)).map_err(|error| told(shown, &error))?;
        Ok(self.tree().see(folder, &path, entries))
    }

    fn attributes(&self, number: u64) -> Result<FileAttr, Errno> {
        let tree = self.tree();
        let (kind, size, time, permissions) = match tree.node(number).ok_or(Errno::ENOENT)? {
            Node::File(blob) => (FileType::RegularFile, blob.size(), blob.modified(), 0o444),
            Node::Folder { .. } => (FileType::Directory, 0, self.began, 0o555),
        };
        Ok(FileAttr {
            ino: INodeNo(number),
            size,
            blocks: size.div_ceil(512),
            atime: time,
            mtime: time,
            ctime: time,
            crtime: time,
            kind,
            perm: permissions,
            nlink: 1,
            uid: self.owner.0,
            gid: self.owner.1,
            rdev: 0,
            blksize: 4096,
            flags: 0,
        })
    }

    fn found(&self, folder: u64, name: &OsStr) -> Result<FileAttr, Errno> {
        let names = self.names(folder)?;
        let number = name.to_str().and_then(|name| names.get(name)).ok_or(Errno::ENOENT)?;
        self.attributes(*number)
    }

    fn bytes(&self, number: u64, offset: u64, size: u32) -> Result<Vec<u8>, Errno> {
        let blob = match self.tree().node(number) {
            Some(Node::File(blob)) => blob.clone(),
            Some(Node::Folder { .. }) => return Err(Errno::EISDIR),
            None => return Err(Errno::ENOENT),
        };
        let read = self.blocks.read(&self.source, number, &blob, offset, size.into());
        self.runtime.block_on(read).map_err(|error| told(blob.path(), &error))
    }
}

impl Filesystem for FileSystem {
    fn lookup(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEntry) {
        match self.found(parent.into(), name) {
            Ok(attributes) => reply.entry(&FRESH, &attributes, Generation(0)),
            Err(error) => reply.error(error),
        }
    }

    fn getattr(&self, _: &Request, number: INodeNo, _: Option<FileHandle>, reply: ReplyAttr) {
        match self.attributes(number.into()) {
            Ok(attributes) => reply.attr(&FRESH, &attributes),
            Err(error) => reply.error(error),
        }
    }

    fn open(&self, _: &Request, number: INodeNo, _: OpenFlags, reply: ReplyOpen) {
        match self.attributes(number.into()) {
            // What a number stands for never changes, so that the kernel may keep it.
            Ok(_) => reply.opened(FileHandle(0), fuser::FopenFlags::FOPEN_KEEP_CACHE),
            Err(error) => reply.error(error),
        }
    }

    fn read(
        &self,
        _: &Request,
        number: INodeNo,
        _: FileHandle,
        offset: u64,
        size: u32,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyData,
    ) {
        match self.bytes(number.into(), offset, size) {
            Ok(bytes) => reply.data(&bytes),
            Err(error) => reply.error(error),
        }
    }

    fn readdir(&self, _: &Request, number: INodeNo, _: FileHandle, offset: u64, mut reply: ReplyDirectory) {
        let folder = number.into();
        let names = match self.names(folder) {
            Ok(names) => names,
            Err(error) => return reply.error(error),
        };
        let tree = self.tree();
        let parent = match tree.node(folder) {
            Some(Node::Folder { parent, .. }) => *parent,
            _ => ROOT,
        };
        let itself = [(".", folder), ("..", parent)].into_iter();
        let all = itself.chain(names.iter().map(|(name, number)| (name.as_str(), *number)));
        for (at, (name, number)) in all.enumerate().skip(usize::try_from(offset).unwrap_or(usize::MAX)) {
            let kind = match tree.node(number) {
                Some(Node::File(_)) => FileType::RegularFile,
                _ => FileType::Directory,
            };
            // The next question begins behind this one.
            if reply.add(INodeNo(number), at as u64 + 1, kind, name) {
                break;
            }
        }
        reply.ok();
    }
}

/// Who reads a file learns no more than that it failed, so the reason goes to the terminal.
fn told(what: &str, error: &Error) -> Errno {
    warn(&format!("{what} cannot be read: {error}"));
    if error.status() == Some(404) { Errno::ENOENT } else { Errno::EIO }
}
